/**
 * The one table of errors: code → whose fault, what to do, exit status.
 *
 * Every failure that leaves a public function of smapiv3 is a {@link Smapiv3Error} whose `kind` is a row of
 * {@link ERRORS}. The README's error table is generated from here.
 */

/** Who has to act: the plugin's author, the host (this program), the operator who configured it, or the caller. */
export type Fault = 'plugin' | 'host' | 'configuration' | 'caller'

interface ErrorRow {
  readonly fault: Fault
  /** Exit status of the command line; see the README. */
  readonly exitStatus: 1 | 2 | 3 | 4 | 5 | 6 | 130
  /** What happened, for the error table of the documentation. */
  readonly meaning: string
  /** What to do next. */
  readonly recovery: string
}

export const ERRORS = {
  PLUGIN_ERROR: {
    fault: 'plugin',
    exitStatus: 1,
    meaning:
      'The plugin ran and answered with an error object of its own; its code and params are passed on unchanged.',
    recovery: 'Read the plugin’s code and params; its stderr and `smapiv3 trace` show more.',
  },
  USAGE: {
    fault: 'caller',
    exitStatus: 2,
    meaning: 'The command line is not understood.',
    recovery: 'See `smapiv3 --help`, or `--help` after the noun and verb.',
  },
  NO_SUCH_METHOD: {
    fault: 'caller',
    exitStatus: 2,
    meaning: 'The method is not part of SMAPIv3.',
    recovery: 'Name a method as Class.method, such as Volume.stat.',
  },
  BAD_PARAMETERS: {
    fault: 'caller',
    exitStatus: 2,
    meaning: 'The parameters do not fit the schema of the method; the plugin was not run.',
    recovery: 'Correct the parameter named; schemas/ describes each method.',
  },
  BAD_CONFIGURATION: {
    fault: 'configuration',
    exitStatus: 2,
    meaning: 'The configuration of the host itself (file, option or environment variable) is not usable.',
    recovery: 'Correct the setting named.',
  },
  SCRIPT_BAD_JSON: {
    fault: 'plugin',
    exitStatus: 3,
    meaning: 'The script exited with status 0 but did not print exactly one JSON value in UTF-8.',
    recovery: 'The script must print its result, and nothing else, on stdout; log to stderr.',
  },
  SCRIPT_BAD_RESULT: {
    fault: 'plugin',
    exitStatus: 3,
    meaning: 'The script printed JSON that is not a result of this method.',
    recovery: 'Correct the member named; schemas/ describes each result.',
  },
  SCRIPT_BAD_ERROR: {
    fault: 'plugin',
    exitStatus: 3,
    meaning: 'The script failed (non-zero exit status) without printing an error object.',
    recovery: 'Read its stderr; on failure print {"code","params","backtrace"} on stdout.',
  },
  SCRIPT_SIGNALLED: {
    fault: 'plugin',
    exitStatus: 3,
    meaning: 'The script was killed by a signal that the host did not send.',
    recovery: 'Look for a crash or the kernel’s out-of-memory killer.',
  },
  SCRIPT_OUTPUT_TOO_LARGE: {
    fault: 'plugin',
    exitStatus: 3,
    meaning: 'The script printed more than the output limit and was killed.',
    recovery: 'Correct the plugin, or raise output_limit in the configuration file.',
  },
  SCRIPT_NOT_STARTED: {
    fault: 'plugin',
    exitStatus: 3,
    meaning: 'The kernel refused to execute the script.',
    recovery: 'Check its #! line, its interpreter and its file format.',
  },
  SCRIPT_NOT_EXECUTABLE: {
    fault: 'plugin',
    exitStatus: 3,
    meaning: 'The script of the method exists but may not be executed.',
    recovery: 'chmod +x the script.',
  },
  SCRIPT_MISSING: {
    fault: 'plugin',
    exitStatus: 4,
    meaning: 'The plugin has no script for the method.',
    recovery: 'The plugin does not implement the method; `smapiv3 plugin show` lists what it does.',
  },
  NO_SUCH_PLUGIN: {
    fault: 'caller',
    exitStatus: 4,
    meaning: 'No plugin of that name is in any root.',
    recovery: 'See `smapiv3 plugin ls`, and name the directory with --root.',
  },
  PLUGIN_REJECTED: {
    fault: 'plugin',
    exitStatus: 4,
    meaning: 'Something of that name is there, but it is not usable as a plugin.',
    recovery: 'Mend the reason named; the host looks again at each call.',
  },
  NO_SUCH_SR: {
    fault: 'caller',
    exitStatus: 4,
    meaning: 'No attached SR has that uuid, name or handle.',
    recovery: 'See `smapiv3 sr ls`; attach the SR first.',
  },
  NO_SUCH_VOLUME: {
    fault: 'caller',
    exitStatus: 4,
    meaning: 'The plugin says that the SR has no volume of that key.',
    recovery: 'See `smapiv3 volume ls SR`.',
  },
  SR_IN_USE: {
    fault: 'caller',
    exitStatus: 2,
    meaning: 'The SR cannot be detached or destroyed while disks of it are attached.',
    recovery: 'Detach the disks named with `smapiv3 disk detach`.',
  },
  DISK_IN_USE: {
    fault: 'caller',
    exitStatus: 2,
    meaning: 'The disk is attached in another way (persistent or not) to another domain.',
    recovery: 'Detach it from the domain named first.',
  },
  NO_DATAPATH: {
    fault: 'configuration',
    exitStatus: 4,
    meaning: 'None of the volume’s URIs has a scheme that a datapath plugin serves.',
    recovery: 'Install a datapath plugin for one of the schemes named.',
  },
  OPERATION_FAILED: {
    fault: 'plugin',
    exitStatus: 1,
    meaning: 'A copy or mirror ended without success, says the datapath plugin; the disk it was made of is as before.',
    recovery: 'Read what the plugin says of it, look at the disk it was to write to, and start it again.',
  },
  SCRIPT_TIMED_OUT: {
    fault: 'plugin',
    exitStatus: 5,
    meaning: 'The script did not finish within its deadline; its process group was killed.',
    recovery: 'Find what it waits for; raise or switch off the deadline with --timeout or in the configuration file.',
  },
  STATE_UNUSABLE: {
    fault: 'host',
    exitStatus: 6,
    meaning: 'The state directory cannot be read or written.',
    recovery: 'Check its permissions and free space, or name another with --state-dir.',
  },
  INTERNAL: {
    fault: 'host',
    exitStatus: 6,
    meaning: 'A defect of smapiv3, or the machine is out of processes, descriptors or memory.',
    recovery: 'Report it with the message and stack.',
  },
  CANCELLED: {
    fault: 'caller',
    exitStatus: 130,
    meaning: 'The caller cancelled the call; the script’s process group was killed.',
    recovery: 'Repeat the call: every plugin must survive being killed.',
  },
} as const satisfies Record<string, ErrorRow>

/** A row of {@link ERRORS}. */
export type ErrorKind = keyof typeof ERRORS

/** What an error can carry beside its kind and message. */
export interface ErrorDetails {
  /** The plugin's own error code, where the plugin reported one; otherwise the kind is the code. */
  readonly code?: string | undefined
  /** The plugin's own error params. */
  readonly params?: readonly string[] | undefined
  /** What the script wrote on stderr, bounded. */
  readonly stderr?: string | undefined
  /** Overrides the recovery of the table where more is known. */
  readonly recovery?: string | undefined
  /** The backtrace of the plugin's error object. */
  readonly backtrace?: Backtrace | undefined
  readonly cause?: unknown
}

/** The backtrace of an error object, outermost frame first; `files` and `lines` are of one length. */
export interface Backtrace {
  readonly error: string
  readonly files: readonly string[]
  readonly lines: readonly number[]
}

/** An error as `--json` prints it, and as a log line carries it. */
export interface ErrorRecord {
  code: string
  fault: Fault
  message: string
  recovery: string
  params?: readonly string[]
  stderr?: string
}

/** The error of every public function: says who is at fault, what was seen and what to do. */
export class Smapiv3Error extends Error {
  override readonly name = 'Smapiv3Error'
  readonly kind: ErrorKind
  /** Stable code: the plugin's own for PLUGIN_ERROR and NO_SUCH_VOLUME, otherwise the kind. */
  readonly code: string
  readonly params: readonly string[] | undefined
  readonly stderr: string | undefined
  readonly recovery: string
  readonly backtrace: Backtrace | undefined

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.kind = kind
    this.code = details.code ?? kind
    this.params = details.params
    this.stderr = details.stderr
    this.recovery = details.recovery ?? ERRORS[kind].recovery
    this.backtrace = details.backtrace
  }

  get fault(): Fault {
    return ERRORS[this.kind].fault
  }

  get exitStatus(): number {
    return ERRORS[this.kind].exitStatus
  }

  toJSON(): ErrorRecord {
    return {
      code: this.code,
      fault: this.fault,
      message: this.message,
      recovery: this.recovery,
      ...(this.params === undefined ? {} : { params: this.params }),
      ...(this.stderr ? { stderr: this.stderr } : {}),
    }
  }
}

/** Any thrown value as a {@link Smapiv3Error}: one that is none is a defect of the host. */
export function asSmapiv3Error(thrown: unknown): Smapiv3Error {
  if (thrown instanceof Smapiv3Error) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new Smapiv3Error('INTERNAL', message, { cause: thrown })
}

/** Why the kernel did not start a script, in terms of who has to act. */
import { existsSync } from 'node:fs'
import { type ErrorKind, Smapiv3Error } from '../contract/errors.ts'

interface StartFailure {
  readonly kind: ErrorKind
  readonly reason: string
}

/** Error of the system → what it means. Any other is the script's own (SCRIPT_NOT_STARTED), by its message. */
const FAILURES: Readonly<Record<string, StartFailure>> = {
  EACCES: { kind: 'SCRIPT_NOT_EXECUTABLE', reason: 'it or its interpreter may not be executed' },
  ENOEXEC: { kind: 'SCRIPT_NOT_STARTED', reason: 'it is no executable file format of this machine' },
  ETXTBSY: { kind: 'SCRIPT_NOT_STARTED', reason: 'somebody is writing it' },
  ELOOP: { kind: 'SCRIPT_NOT_STARTED', reason: 'too many symbolic links, or interpreters of interpreters' },
  E2BIG: { kind: 'INTERNAL', reason: 'the environment is too large for the kernel' },
  EAGAIN: { kind: 'INTERNAL', reason: 'the machine or user has too many processes' },
  ENOMEM: { kind: 'INTERNAL', reason: 'the machine is out of memory' },
  EMFILE: { kind: 'INTERNAL', reason: 'the host has too many open files' },
  ENFILE: { kind: 'INTERNAL', reason: 'the machine has too many open files' },
}

const MISSING: StartFailure = { kind: 'SCRIPT_MISSING', reason: 'there is no such file' }
const NO_INTERPRETER: StartFailure = {
  kind: 'SCRIPT_NOT_STARTED',
  reason: 'the interpreter of its #! line does not exist',
}

/** The error of a process that was not started. */
export function startFailure(script: string, cause: Error | undefined): Smapiv3Error {
  if (cause instanceof Smapiv3Error) return cause
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? ''
  const { kind, reason } = code === 'ENOENT' ? missing(script) : (FAILURES[code] ?? unknown(cause))
  return new Smapiv3Error(kind, `${script} was not started: ${reason}${code && ` (${code})`}`, { cause })
}

function missing(script: string): StartFailure {
  return existsSync(script) ? NO_INTERPRETER : MISSING
}

function unknown(cause: Error | undefined): StartFailure {
  return { kind: 'SCRIPT_NOT_STARTED', reason: cause?.message ?? 'for an unknown reason' }
}

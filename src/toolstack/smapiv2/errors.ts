/** Errors of the host as errors of SMAPIv2 (SMAPIv2 bridge, section 5): one table. */
import { asSmapiv3Error, type Backtrace, type ErrorKind, type Smapiv3Error } from '../../contract/errors.ts'
import { type ErrorVariant, NotARequest } from './envelope.ts'
import { writeText } from './json-text.ts'
import { MarshalError } from './marshal.ts'

/** An error that only SMAPIv2 has. */
export class Smapiv2Error extends Error {
  override readonly name = 'Smapiv2Error'
  readonly variant: ErrorVariant

  constructor(variant: ErrorVariant) {
    super(`${variant[0]} ${writeText(variant[1])}`)
    this.variant = variant
  }
}

/** The call that failed, as far as its error depends on it. */
export interface FailedCall {
  readonly method: string
  /** The SR that the caller named, in its own words. */
  readonly sr?: string | undefined
}

/** An error with a code that the toolstack shows as it is, with params for people. */
export function backendError(code: string, ...params: readonly string[]): ErrorVariant {
  return ['Backend_error', [code, params]]
}

/** An error that the toolstack reports as an internal one, with text for people. */
export function internalError(message: string): ErrorVariant {
  return ['Internal_error', message]
}

/** Anything that was thrown, as the variant that the caller gets. */
export function variantOf(thrown: unknown, call: FailedCall): ErrorVariant {
  if (thrown instanceof Smapiv2Error) return thrown.variant
  if (thrown instanceof MarshalError || thrown instanceof NotARequest) return internalError(thrown.message)
  const error = asSmapiv3Error(thrown)
  return VARIANTS[error.kind](error, call)
}

type Translation = (error: Smapiv3Error, call: FailedCall) => ErrorVariant

/**
 * Kind → variant. A plugin's own error keeps its code and params, because the toolstack reacts to some of them: it is not
 * improved into `Vdi_does_not_exist`, of which the toolstack makes an internal error.
 */
const VARIANTS: Readonly<Record<ErrorKind, Translation>> = {
  PLUGIN_ERROR: pluginError,
  NO_SUCH_VOLUME: pluginError,
  NO_SUCH_SR: (error, call) =>
    error.params === undefined ? ['Sr_not_attached', call.sr ?? ''] : pluginError(error, call),
  SCRIPT_BAD_JSON: scriptFailed,
  SCRIPT_BAD_RESULT: scriptFailed,
  SCRIPT_BAD_ERROR: scriptFailed,
  SCRIPT_SIGNALLED: scriptFailed,
  SCRIPT_OUTPUT_TOO_LARGE: scriptFailed,
  SCRIPT_NOT_STARTED: scriptFailed,
  SCRIPT_TIMED_OUT: scriptFailed,
  PLUGIN_REJECTED: scriptFailed,
  SCRIPT_MISSING: coded('SCRIPT_MISSING'),
  NO_SUCH_PLUGIN: coded('SCRIPT_MISSING'),
  SCRIPT_NOT_EXECUTABLE: coded('SCRIPT_NOT_EXECUTABLE'),
  NO_DATAPATH: coded('MISSING_URI'),
  BAD_PARAMETERS: (error, call) => (error.code === 'MISSING_URI' ? coded('MISSING_URI')(error, call) : internal(error)),
  OPERATION_FAILED: coded('OPERATION_FAILED'),
  SR_IN_USE: coded('SR_IN_USE'),
  DISK_IN_USE: coded('DISK_IN_USE'),
  CANCELLED: (error) => ['Cancelled', error.message],
  USAGE: internal,
  NO_SUCH_METHOD: internal,
  BAD_CONFIGURATION: internal,
  STATE_UNUSABLE: internal,
  INTERNAL: internal,
}

const ACTIVATED_ELSEWHERE = 'Activated_on_another_host'

/** Methods for which the toolstack knows what to do when the plugin does not implement them (section 5.2). */
const UNIMPLEMENTED_IS_KNOWN: ReadonlySet<string> = new Set(['VDI.clone', 'VDI.snapshot', 'VDI.revert'])

function pluginError({ code, params = [], backtrace, message }: Smapiv3Error, { method }: FailedCall): ErrorVariant {
  const [first, second] = params
  if (first === ACTIVATED_ELSEWHERE && second !== undefined && params.length === 2) return [ACTIVATED_ELSEWHERE, second]
  if (first === 'Unimplemented' && UNIMPLEMENTED_IS_KNOWN.has(method)) return ['Unimplemented', second ?? method]
  const frames = normalised(backtrace ?? { error: message, files: [], lines: [] })
  return ['Backend_error_with_backtrace', [code, [writeText(frames), ...params]]]
}

/** A reader that zips `files` and `lines` of different lengths fails, and then hides the error itself. */
function normalised({ error, files, lines }: Backtrace): Backtrace {
  const frames = Math.min(files.length, lines.length)
  return { error, files: files.slice(0, frames), lines: lines.slice(0, frames) }
}

/** Characters of stderr that go into an error; its end says more than its beginning. */
const LONGEST_STDERR = 4096

function scriptFailed({ message, stderr = '' }: Smapiv3Error): ErrorVariant {
  return backendError('SCRIPT_FAILED', message, stderr.slice(-LONGEST_STDERR))
}

function coded(code: string): Translation {
  return ({ message, recovery }) => backendError(code, message, recovery)
}

function internal({ message }: Smapiv3Error): ErrorVariant {
  return internalError(message)
}

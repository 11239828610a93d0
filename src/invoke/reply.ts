/** What a script's output and exit mean (SMAPIv3 script protocol, section 3.5). */
import { type ErrorDetails, type ErrorKind, Smapiv3Error } from '../contract/errors.ts'
import { parseJson } from '../contract/json.ts'
import type { MethodName, Result } from '../contract/methods.ts'
import type { Validator } from '../contract/validate.ts'
import { type ErrorObject, readErrorObject } from './error-object.ts'
import type { ProcessEnd, ProcessOutcome } from './process.ts'
import { startFailure } from './start-failure.ts'

/** A result, or why there is none. */
export type Reply<M extends MethodName> =
  | {
      readonly ok: true
      readonly value: Result<M>
      /** The JSON text as the plugin printed it. */
      readonly text: string
    }
  | { readonly ok: false; readonly error: Smapiv3Error }

/** What reading a reply has to know of the call. */
export interface ReplyContext<M extends MethodName> {
  readonly method: M
  /** Path of the executable. */
  readonly script: string
  readonly validator: Validator<M>
  /** Applied to the parsed result before it is validated. */
  readonly repair?: ((result: unknown) => unknown) | undefined
  /** Seconds, for the message. */
  readonly deadline?: number | undefined
  /** Bytes, for the message. */
  readonly outputLimit: number
  /** Removes the secrets of the params from text that goes into an error. */
  readonly redact: (text: string) => string
}

/** Reads the outcome of a process as the reply to a call. */
export function readReply<M extends MethodName>(outcome: ProcessOutcome, context: ReplyContext<M>): Reply<M> {
  try {
    return READERS[outcome.end](outcome, context)
  } catch (error) {
    if (!(error instanceof Smapiv3Error)) throw error
    return { ok: false, error: withStderr(error, outcome, context) }
  }
}

type Reader = <M extends MethodName>(outcome: ProcessOutcome, context: ReplyContext<M>) => Reply<M>

const READERS: Readonly<Record<ProcessEnd, Reader>> = {
  exited: readExit,
  'not-started': (outcome, { script }) => {
    throw startFailure(script, outcome.startError)
  },
  'timed-out': (outcome, { script, deadline }) => {
    throw new Smapiv3Error('SCRIPT_TIMED_OUT', `${script} did not finish within ${deadline} s${left(outcome)}`)
  },
  cancelled: (outcome, { script }) => {
    const what = outcome.pid === null ? 'was not started: the call was cancelled' : 'was cancelled'
    throw new Smapiv3Error('CANCELLED', `${script} ${what}${left(outcome)}`)
  },
  'output-limit': (outcome, { script, outputLimit }) => {
    const message = `${script} printed more than the output limit of ${outputLimit} bytes on stdout${left(outcome)}`
    throw new Smapiv3Error('SCRIPT_OUTPUT_TOO_LARGE', message)
  },
}

function left({ stillRunning, pid }: ProcessOutcome): string {
  return stillRunning
    ? `, and its process ${pid} cannot be killed: it waits for a device or server, or runs as another user`
    : ''
}

function readExit<M extends MethodName>(outcome: ProcessOutcome, context: ReplyContext<M>): Reply<M> {
  if (outcome.signal !== null) {
    throw new Smapiv3Error('SCRIPT_SIGNALLED', `${context.script} was killed by ${outcome.signal}`)
  }
  return outcome.exitStatus === 0 ? readSuccess(outcome, context) : readFailure(outcome, context)
}

function readSuccess<M extends MethodName>({ stdout }: ProcessOutcome, context: ReplyContext<M>): Reply<M> {
  const { script, validator, repair } = context
  const printed = parseOutput(stdout)
  if ('defect' in printed) {
    throw new Smapiv3Error(
      'SCRIPT_BAD_JSON',
      `${script} exited with status 0 but printed ${describe(printed, context)}`,
    )
  }
  try {
    const value = validator.result(repair === undefined ? printed.value : repair(printed.value), script)
    return { ok: true, value, text: printed.text.trim() }
  } catch (error) {
    const failure = readErrorObject(printed.value)
    if (typeof failure === 'string') throw error
    const message = `${script} printed an error object (${context.redact(summary(failure))}) but exited with status 0`
    throw new Smapiv3Error('SCRIPT_BAD_RESULT', message, {
      recovery: 'The script must exit with a status other than 0 when it fails.',
    })
  }
}

function readFailure<M extends MethodName>({ stdout, exitStatus }: ProcessOutcome, context: ReplyContext<M>): Reply<M> {
  const printed = parseOutput(stdout)
  const failure = 'defect' in printed ? describe(printed, context) : readErrorObject(printed.value)
  if (typeof failure !== 'string') {
    const { code, params, backtrace } = failure
    throw new Smapiv3Error('PLUGIN_ERROR', bounded(context.redact(summary(failure))), { code, params, backtrace })
  }
  const seen =
    'defect' in printed ? `printed ${failure}` : `printed no error object: ${failure}${quote(printed.text, context)}`
  throw new Smapiv3Error('SCRIPT_BAD_ERROR', `${context.script} exited with status ${exitStatus} and ${seen}`)
}

/** `SR_BACKEND_FAILURE: Volume_does_not_exist vol-7` */
function summary({ code, params }: ErrorObject): string {
  return params.length === 0 ? code : `${code}: ${params.join(' ')}`
}

interface BadOutput {
  readonly defect: string
  readonly text: string
}

/** The one JSON value printed. The text is decoded and parsed once, since it may be long. */
function parseOutput(stdout: Buffer): { readonly value: unknown; readonly text: string } | BadOutput {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(stdout)
  } catch {
    const lossy = stdout.toString()
    return { defect: `bytes that are not UTF-8 (at byte ${firstDifference(stdout, Buffer.from(lossy))})`, text: lossy }
  }
  if (text.trim() === '') return { defect: 'nothing on stdout', text: '' }
  try {
    return { value: parseJson(text), text }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { defect: `no JSON value (${error.message}${bytePosition(text, error)})`, text }
  }
}

function firstDifference(bytes: Buffer, others: Buffer): number {
  let index = 0
  while (index < bytes.length && bytes[index] === others[index]) index += 1
  return index
}

/** Where the parser names a position in characters: the byte. Unknown once control characters were escaped before it. */
function bytePosition(text: string, { message }: SyntaxError): string {
  const position = /at position (\d+)/.exec(message)?.[1]
  if (position === undefined) return ''
  const before = text.slice(0, Number(position))
  const bytes = Buffer.byteLength(before)
  return bytes === before.length || /[^ -\uffff]/.test(before) ? '' : `, byte ${bytes}`
}

function describe<M extends MethodName>({ defect, text }: BadOutput, context: ReplyContext<M>): string {
  return `${context.redact(defect)}${quote(text, context)}`
}

const QUOTED = 200

/** The beginning of what was printed, on one line. */
function quote<M extends MethodName>(text: string, { redact }: ReplyContext<M>): string {
  if (text === '') return ''
  // A secret that the cut would split is removed first.
  const beginning = redact(text.slice(0, 64 * 1024))
  return `: ${JSON.stringify(beginning.slice(0, QUOTED))}${beginning.length > QUOTED ? '…' : ''}`
}

const LONGEST_MESSAGE = 4096

function bounded(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message
}

function withStderr<M extends MethodName>(
  error: Smapiv3Error,
  { stderr }: ProcessOutcome,
  { redact }: ReplyContext<M>,
): Smapiv3Error {
  const { kind, code, params, recovery, backtrace, cause } = error
  const details: ErrorDetails = { code, params, recovery, backtrace, cause, stderr: stderr && redact(stderr) }
  return new Smapiv3Error(kind as ErrorKind, error.message, details)
}

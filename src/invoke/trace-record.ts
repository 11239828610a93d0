/** What is kept of a call: bounded, and without secrets. */
import { dirname } from 'node:path'
import type { ErrorRecord } from '../contract/errors.ts'
import { stringifyJson } from '../contract/json.ts'
import type { MethodName } from '../contract/methods.ts'
import { redactParams, redactResult, redactText, redactUri, secretsOf } from '../contract/redact.ts'
import type { PluginShape, Recorded } from './call.ts'
import type { ProcessEnd } from './process.ts'

/** A call as it stands in the trace. */
export interface TraceRecord {
  readonly id: string
  /** ISO 8601. */
  readonly startedAt: string
  /** Path of the plugin: a directory, or a single file. */
  readonly plugin: string
  /** Path of the executable. */
  readonly script: string
  readonly shape: PluginShape
  readonly method: MethodName
  readonly argv: readonly string[]
  /** The params as one line of JSON. */
  readonly stdin: string
  /** Whether stdin is whole, so that the call can be replayed: no secret was removed and nothing cut off. */
  readonly stdinExact: boolean
  readonly stdout: string
  readonly stdoutBytes: number
  readonly stderr: string
  readonly exitStatus: number | null
  readonly signal: string | null
  readonly end: ProcessEnd
  /** Seconds. */
  readonly duration: number
  readonly outcome: { readonly ok: true } | { readonly ok: false; readonly error: ErrorRecord }
}

/** Most characters kept of each of stdin, stdout and stderr. */
const LIMIT = 64 * 1024

export function traceRecord<M extends MethodName>({ call, invocation, stdout }: Recorded<M>): TraceRecord {
  const { method, script, shape, params, extraParams, input } = call
  const { id, startedAt, argv, stderr, exitStatus, signal, end, duration, stdoutBytes, outcome } = invocation
  const secrets = secretsOf(method, params)
  // Twice what is kept, so that no secret is split before it is removed.
  const clean = (text: string): string => cut(redactUris(redactText(text.slice(0, 2 * LIMIT), secrets)))
  const sent = input ?? stringifyJson({ ...extraParams, ...params })
  const stdin = clean(input ?? stringifyJson({ ...extraParams, ...(redactParams(method, params) as object) }))
  return {
    id,
    startedAt: startedAt.toISOString(),
    plugin: shape === 'directory' ? dirname(script) : script,
    script,
    shape,
    method,
    argv,
    stdin,
    stdinExact: stdin === sent,
    stdout: outcome.ok ? clean(resultText(method, outcome, stdoutBytes)) : clean(beginning(stdout)),
    stdoutBytes,
    stderr: clean(stderr),
    exitStatus,
    signal,
    end,
    duration,
    outcome: outcome.ok ? { ok: true } : { ok: false, error: cleanError(outcome.error.toJSON(), clean) },
  }
}

/** Whether a value read from disk is a record; a file may be damaged, or of another version. */
export function isTraceRecord(value: unknown): value is TraceRecord {
  if (typeof value !== 'object' || value === null) return false
  const record = value as Record<string, unknown>
  const texts = ['id', 'startedAt', 'plugin', 'script', 'shape', 'method', 'stdin', 'stdout', 'stderr', 'end']
  return (
    texts.every((name) => typeof record[name] === 'string') &&
    Array.isArray(record.argv) &&
    typeof record.duration === 'number' &&
    typeof record.outcome === 'object' &&
    record.outcome !== null
  )
}

/** Of a long list only so much is looked at as can be kept. */
const ITEMS = 256

function resultText<M extends MethodName>(
  method: M,
  { value, text }: { readonly value: unknown; readonly text: string },
  bytes: number,
): string {
  const shown = Array.isArray(value) && bytes > LIMIT ? value.slice(0, ITEMS) : value
  const before = stringifyJson(shown)
  const after = stringifyJson(redactResult(method, shown))
  return before === after ? text : after
}

function beginning(bytes: Buffer): string {
  return bytes.subarray(0, 2 * LIMIT).toString()
}

/** A URI in a text that is no result: a plugin's log line, or broken JSON. */
function redactUris(text: string): string {
  // The scheme is looked for backwards from what follows it: forwards every letter of a long text could be its first.
  return text.replace(/:\/\/(?<=([A-Za-z][A-Za-z0-9+.-]{0,63}):\/\/)[^\s"'<>\\]+/g, (rest: string, scheme: string) =>
    redactUri(scheme + rest).slice(scheme.length),
  )
}

function cleanError(error: ErrorRecord, clean: (text: string) => string): ErrorRecord {
  const { message, params, stderr, ...rest } = error
  return {
    ...rest,
    message: clean(message),
    ...(params === undefined ? {} : { params: params.map(clean) }),
    ...(stderr === undefined ? {} : { stderr: clean(stderr) }),
  }
}

function cut(text: string): string {
  return text.length > LIMIT ? `${text.slice(0, LIMIT)}… (cut)` : text
}

/** JSON-RPC envelopes of the toolstack (SMAPIv2 bridge, section 3). */
import { isObject } from '../../contract/normalise.ts'
import { parseText, writeText } from './json-text.ts'

/** A request: all parameters of SMAPIv2 are named. */
export interface Request {
  readonly method: string
  /** The named parameters; undefined where the request has none, which fits no method. */
  readonly params: Readonly<Record<string, unknown>> | undefined
}

/** An error of SMAPIv2 as it stands in an envelope: a tag and its payload (section 5). */
export type ErrorVariant = readonly [tag: string, payload: unknown]

/** What a request came to. */
export type Answer = { readonly result: unknown } | { readonly error: ErrorVariant }

/** A payload that is no request. */
export class NotARequest extends Error {
  override readonly name = 'NotARequest'
}

/**
 * Reads a request in the V1 form, which the toolstack sends, or the V2 form (`"jsonrpc":"2.0"`).
 * @throws NotARequest, saying what is wrong
 */
export function parseRequest(payload: string): Request {
  const envelope = parsed(payload)
  if (!isObject(envelope)) throw new NotARequest('the request is not a JSON object')
  const { method, params, id, jsonrpc } = envelope
  if (jsonrpc !== undefined && jsonrpc !== '2.0') throw new NotARequest('jsonrpc must be "2.0" or absent')
  if (typeof method !== 'string') throw new NotARequest('the request has no method')
  if (!isId(id)) throw new NotARequest('the request has no id: notifications are not answered')
  return { method, params: jsonrpc === undefined ? positional(params) : byName(params) }
}

/**
 * An envelope of the V1 form. The id is 0 whatever the request's is: the toolstack's library writes it so, and its
 * readers ignore it.
 */
export function writeAnswer(answer: Answer): string {
  const isResult = 'result' in answer
  return `{"result":${isResult ? writeText(answer.result) : 'null'},"error":${isResult ? 'null' : writeText(answer.error)},"id":0}`
}

function parsed(payload: string): unknown {
  try {
    return parseText(payload)
  } catch (error) {
    throw new NotARequest(`the request is not JSON: ${error instanceof Error ? error.message : error}`)
  }
}

function isId(id: unknown): boolean {
  return typeof id === 'string' || typeof id === 'bigint' || Number.isInteger(id)
}

function positional(params: unknown): Request['params'] {
  if (!Array.isArray(params)) throw new NotARequest('params must be an array')
  const [named, ...others] = params as unknown[]
  return isObject(named) && others.length === 0 ? named : undefined
}

function byName(params: unknown): Request['params'] {
  if (isObject(params)) return params
  return params === undefined || params === null ? undefined : positional(params)
}

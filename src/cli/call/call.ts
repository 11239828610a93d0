/** One method of one plugin, as it is. */

import { Smapiv3Error } from '../../contract/errors.ts'
import { isMethodName, METHOD_NAMES, type MethodName, type Params } from '../../contract/methods.ts'
import type { Answer, CallHost, Session } from '../session.ts'
import { paramsFrom } from './params.ts'

export interface CallArguments {
  readonly plugin: string
  /** Class.method */
  readonly method: string
  /** name=value */
  readonly parameters: readonly string[]
  /** All parameters as JSON, or `-` for standard input. */
  readonly params: string | undefined
}

/** Answers with the plugin's own text. */
export async function callMethod(
  { plugin, method, parameters, params }: CallArguments,
  session: Session<CallHost>,
): Promise<Answer> {
  const name = methodNamed(method)
  const json = params === '-' ? await readStandardInput(session.call.signal) : params
  const complete = paramsFrom(name, json, parameters, session.call.dbg ?? 'smapiv3') as unknown as Params<MethodName>
  const { outcome } = await session.host.call(plugin, name, complete, session.call)
  if (!outcome.ok) throw outcome.error
  const text = () => outcome.text.trim()
  return { json: text, text }
}

function methodNamed(text: string): MethodName {
  if (isMethodName(text)) return text
  const meant = METHOD_NAMES.find((name) => name.toLowerCase() === text.toLowerCase())
  const known = meant ? [meant] : METHOD_NAMES.filter((name) => name.startsWith(text.slice(0, text.indexOf('.') + 1)))
  const recovery = known.length < METHOD_NAMES.length ? { recovery: `There is ${known.join(', ')}.` } : {}
  throw new Smapiv3Error('NO_SUCH_METHOD', `${JSON.stringify(text)} is not a SMAPIv3 method`, recovery)
}

async function readStandardInput(signal: AbortSignal): Promise<string> {
  const { text } = await import('node:stream/consumers')
  const { addAbortSignal } = await import('node:stream')
  return text(addAbortSignal(signal, process.stdin))
}

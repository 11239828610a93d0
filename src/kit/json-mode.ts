/** The mode of the toolstack: params as JSON on stdin, the result or an error object as JSON on stdout. */
import { isUtf8 } from 'node:buffer'
import { parseJson, stringifyJson } from '../contract/json.ts'
import type { MethodName } from '../contract/methods.ts'
import type { Plugin } from './define.ts'
import { describeFailure, failureOf } from './failure.ts'
import type { Outcome } from './outcome.ts'
import { checkParams } from './params.ts'
import { WrongResult } from './result.ts'
import { cleanerOf, runMethod } from './run-method.ts'
import { readInput } from './streams.ts'

const STDIN = 0

/** A request that cannot be read has no error object; everything after it has. */
export async function answerRequest(plugin: Plugin, method: MethodName): Promise<Outcome> {
  let request: unknown
  try {
    request = readRequest()
  } catch (error) {
    return { status: 1, stderr: `The request on stdin cannot be read. ${describeFailure(error, String)}` }
  }
  try {
    return { status: 0, stdout: `${await runMethod(plugin, method, checkParams(method, request))}\n` }
  } catch (thrown) {
    const clean = cleanerOf(method, request)
    return {
      status: 1,
      stdout: `${stringifyJson(failureOf(thrown, clean))}\n`,
      ...(thrown instanceof WrongResult ? { stderr: describeFailure(thrown, clean) } : {}),
    }
  }
}

/** Of a first line that is a request nothing is read twice: each call waits for it. */
function readRequest(): unknown {
  let first: { readonly request: unknown } | undefined
  const input = readInput(STDIN, (line) => {
    try {
      first = { request: parse(line) }
      return true
    } catch {
      // The beginning of a request of several lines; if it is worse than that, the end of file shows.
      return false
    }
  })
  return first === undefined ? parse(input) : first.request
}

/** @throws SyntaxError without the text, which may hold secrets */
function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new SyntaxError('It is not UTF-8.')
  try {
    return parseJson(bytes.toString())
  } catch {
    throw new SyntaxError(`It is not one JSON value (${bytes.length} bytes).`)
  }
}

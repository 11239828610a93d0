/** Running one method of a plugin with params that are right. */
import type { MethodName } from '../contract/methods.ts'
import { redactText, secretsOf } from '../contract/redact.ts'
import type { Plugin } from './define.ts'
import { errors } from './errors.ts'
import { printResult } from './result.ts'

/**
 * The result as JSON. Whatever goes wrong rejects: the method's own error, a result that is none, an error that the
 * plugin throws outside of the method's promise, and a promise that nothing is left to settle.
 */
export async function runMethod(plugin: Plugin, method: MethodName, params: Record<string, unknown>): Promise<string> {
  const implementation = plugin.methods.get(method)
  if (implementation === undefined) throw errors.unimplemented(method)
  const failedElsewhere = new Promise<never>((_resolve, reject) => {
    process.once('uncaughtException', reject)
    process.once('beforeExit', () => reject(new Error(`${method} ended without an answer`)))
  })
  const answered = (async () => implementation(params, { method }))()
  return printResult(method, await Promise.race([answered, failedElsewhere]))
}

/** Removes the secrets in the params of a method from a text, such as the error message of a tool. */
export function cleanerOf(method: MethodName, params: unknown): (text: string) => string {
  return (text) => redactText(text, secretsOf(method, params))
}

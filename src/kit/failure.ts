/** What a plugin answers when a method fails (SMAPIv3 script protocol, section 5). */
import type { Backtrace } from '../contract/errors.ts'
import { PluginError } from './errors.ts'

/** The error object, which goes to stdout with a non-zero exit status. */
export interface Failure {
  readonly code: string
  readonly params: readonly string[]
  readonly backtrace: Backtrace
}

/** Whatever was thrown as an error object; `clean` removes secrets from text that the plugin's author did not choose. */
export function failureOf(thrown: unknown, clean: (text: string) => string): Failure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { files, lines } = framesOf(error.stack ?? '')
  if (error instanceof PluginError) {
    return { code: error.code, params: error.params, backtrace: { error: error.message, files, lines } }
  }
  const message = clean(error.message)
  const name = error.name === 'Error' ? error.constructor.name : error.name
  return { code: 'SR_BACKEND_FAILURE', params: [name, message], backtrace: { error: message, files, lines } }
}

/** The failure as text for people, on stderr: an expected one in a line, any other with its stack. */
export function describeFailure(thrown: unknown, clean: (text: string) => string): string {
  if (thrown instanceof PluginError) return `${thrown.code}: ${thrown.message}\n`
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  return `${clean(text)}\n`
}

/** Files and lines of a stack, outermost frame first. */
function framesOf(stack: string): { files: string[]; lines: number[] } {
  const frames = [...stack.matchAll(/^ {4}at (?:.*\()?(.+?):(\d+):\d+\)?$/gm)].reverse()
  return { files: frames.map(([, file = '']) => file), lines: frames.map(([, , line]) => Number(line)) }
}

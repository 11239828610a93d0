/** What became of a call that makes or destroys something, as far as it is known. */
import type { MethodName } from '../contract/methods.ts'
import type { Called } from './caller.ts'
import { CallFailed } from './violation.ts'

/** `uncertain`: it was killed, crashed, or did not answer as it should; it may have done all, nothing or half of it. */
export type Fate = 'not begun' | 'uncertain' | 'made' | 'refused' | 'gone'

/** What a call that makes something has made. */
export function fateOf<M extends MethodName>({ outcome, invocation }: Called<M>): Fate {
  if (outcome.ok) return 'made'
  if (invocation === undefined || invocation.end === 'not-started') return 'not begun'
  return outcome.error.kind === 'PLUGIN_ERROR' ? 'refused' : 'uncertain'
}

/** Whether a plugin itself said no to a call. */
export function isRefusal(error: unknown): boolean {
  return error instanceof CallFailed && error.error.kind === 'PLUGIN_ERROR'
}

/** Whether a plugin says that a volume is not there. */
export function isGone(error: unknown): boolean {
  return error instanceof CallFailed && error.error.params?.[0] === 'Volume_does_not_exist'
}

import { asSmapiv3Error, Smapiv3Error } from '../contract/errors.ts'

/** Undoes one step. */
export type UndoStep = () => Promise<unknown>

/**
 * Runs a body of several steps; where it fails, what its steps registered is undone, last first. A step registers its
 * undoing before it starts, so that a step that failed half way is undone too.
 * @throws the error of the body; its message says so if undoing failed as well
 */
export async function undoneOnFailure<T>(body: (onFailure: (undo: UndoStep) => void) => Promise<T>): Promise<T> {
  const steps: UndoStep[] = []
  try {
    return await body((undo) => steps.push(undo))
  } catch (thrown) {
    const failures: string[] = []
    for (const undo of steps.reverse()) await undo().catch((failure) => failures.push(asSmapiv3Error(failure).message))
    throw failures.length === 0 ? thrown : withFailures(asSmapiv3Error(thrown), failures)
  }
}

function withFailures(error: Smapiv3Error, failures: readonly string[]): Smapiv3Error {
  const message = `${error.message}; undoing what was done before failed too: ${failures.join('; ')}`
  return new Smapiv3Error(error.kind, message, { ...error, cause: error })
}

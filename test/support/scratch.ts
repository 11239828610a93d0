import { chmodSync, rmSync } from 'node:fs'
import { dirSync, setGracefulCleanup } from 'tmp-promise'
import { onTestFinished } from 'vitest'

setGracefulCleanup()

/** A directory of the running test's own, mode 0755, removed when the test is over. */
export function scratch(): string {
  const { name } = dirSync({ prefix: 'smapiv3-test-', unsafeCleanup: true })
  chmodSync(name, 0o755)
  onTestFinished(() => remove(name))
  return name
}

/** The same for a test that runs beside others: the directory is removed when the work is done. */
export async function withScratch(work: (directory: string) => Promise<void>): Promise<void> {
  const { name } = dirSync({ prefix: 'smapiv3-test-', unsafeCleanup: true })
  chmodSync(name, 0o755)
  try {
    await work(name)
  } finally {
    remove(name)
  }
}

/** A process that was killed may still be making a file in it: it is in the system call that it will not come back from. */
function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

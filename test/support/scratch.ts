import { chmodSync } from 'node:fs'
import { dirSync, setGracefulCleanup } from 'tmp-promise'
import { onTestFinished } from 'vitest'

setGracefulCleanup()

/** A directory of the running test's own, mode 0755, removed when the test is over. */
export function scratch(): string {
  const { name, removeCallback } = dirSync({ prefix: 'smapiv3-test-', unsafeCleanup: true })
  chmodSync(name, 0o755)
  onTestFinished(() => removeCallback())
  return name
}

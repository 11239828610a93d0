import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Registry } from '../../src/registry/registry.ts'
import { plugin, scriptRunner, temporaryDirectory } from './fixtures.ts'

/** A kernel that has no inotify watches left cannot be had without taking them from everybody on the machine. */
vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  watch: () => {
    throw Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), { code: 'ENOSPC' })
  },
}))

test('without inotify watches the rescan notices, and one warning says so', async () => {
  const root = temporaryDirectory()
  const path = plugin(join(root, 'datapath.d/nbd'))
  const warnings: string[] = []
  const registry = new Registry({ roots: [root], invoke: scriptRunner().invoke })
  onTestFinished(() => registry.close())
  registry.watch({ rescan: 0.05, onSnapshot: () => {}, onWarning: (message) => warnings.push(message) })

  const statuses = () => registry.snapshot().plugins.map(({ status }) => status)
  await vi.waitFor(() => expect(statuses()).toEqual(['ready']), { timeout: 100_000 })
  rmSync(path, { recursive: true })
  await vi.waitFor(() => expect(statuses()).toEqual([]), { timeout: 100_000 })

  expect(warnings).toEqual([expect.stringMatching(/cannot be watched \(ENOSPC\).*rescan every 0\.05 s/)])
})

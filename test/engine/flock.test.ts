/** A bundled plugin takes its locks by itself; where it cannot, the tool `flock` does it as a process of its own. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { volumeLockFile } from '../../src/engine/images/layout.ts'
import { lock } from '../../src/engine/lock.ts'
import { lacks } from '../support/needs.ts'
import { installPlugin } from '../support/plugin.ts'
import { scratch } from '../support/scratch.ts'

/** Preloaded into a plugin that is to start no process. */
const NO_PROCESSES = `
const processes = require('node:child_process')
processes.spawn = processes.spawnSync = (tool) => { throw new Error('it starts ' + tool) }
`

const FILE = 'volume.d/org.xen.xapi.storage.file'

/** A plugin, the same where it can start no process, and a volume in whose record both can write. */
async function volume() {
  const directory = scratch()
  const preloaded = join(directory, 'no-processes.cjs')
  writeFileSync(preloaded, NO_PROCESSES)
  const plugin = await installPlugin(FILE)
  onTestFinished(() => plugin.remove())
  const alone = await installPlugin(FILE, plugin, { NODE_OPTIONS: `--require ${preloaded}` })
  onTestFinished(() => alone.remove())
  const images = join(directory, 'images')
  const configuration = await plugin.call('SR.create', {
    uuid: 'cf6a53d5-ae2d-4c0f-9f0e-6d4ca7d8ca6e',
    configuration: { uri: pathToFileURL(images).href, format: 'raw' },
    name: 'locks',
    description: '',
  })
  const sr = await plugin.call('SR.attach', { configuration })
  const { key } = await plugin.call('Volume.create', { sr, name: 'v', description: '', size: 1 << 20, sharable: false })
  const change = (v: string) => ({ sr, key, k: 'changed-by', v })
  const changedBy = async () => (await plugin.call('Volume.stat', { sr, key })).keys['changed-by']
  return { plugin, alone, change, changedBy, lockFile: volumeLockFile(images, key) }
}

test.skipIf(lacks('flock addon'))('it starts no process for a lock that nobody holds', async () => {
  const { alone, change, changedBy } = await volume()
  await alone.call('Volume.set', change('itself'))
  expect(await changedBy()).toBe('itself')
})

test.skipIf(lacks('flock addon'))('a lock that another process holds through the tool is held for it too', async () => {
  const { alone, change, changedBy, lockFile } = await volume()
  const held = lock(lockFile)
  onTestFinished(() => held.release())
  expect((await alone.fail('Volume.set', change('itself'))).params.join()).toContain('it starts flock')
  expect(await changedBy()).toBeUndefined()
})

test('where the addon is not beside it, or another version of Node.js needs another one, the tool takes the lock', async () => {
  const { plugin, alone, change, changedBy } = await volume()
  for (const [index, { directory }] of [plugin, alone].entries()) {
    rmSync(join(directory, 'flock.node'), { force: true })
    if (index === 1) writeFileSync(join(directory, 'flock.node'), 'not for this one')
  }
  expect((await alone.fail('Volume.set', change('itself'))).params.join()).toContain('it starts flock')
  await plugin.call('Volume.set', change('the tool'))
  expect(await changedBy()).toBe('the tool')
})

/** Loop devices, set up at once or, where that is not possible, in two steps. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dirSync } from 'tmp-promise'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { untilAborted } from '../../src/engine/cancellation.ts'
import {
  attachLoop,
  attachLoopToMount,
  detachLoop,
  type LoopOptions,
  loopCapacity,
  loopDevices,
} from '../../src/engine/loop.ts'
import { findProcess } from '../../src/engine/qsd/daemon-process.ts'
import { ToolTimeoutError } from '../../src/engine/tool.ts'
import { lacks } from '../support/needs.ts'

const MIB = 2 ** 20

describe.skipIf(lacks('losetup', 'loop devices'))('a loop device', () => {
  const { PATH } = process.env
  let directory: string
  let file: string

  beforeEach(() => {
    directory = realpathSync(dirSync({ prefix: 'smapiv3-loop-' }).name)
    file = join(directory, 'disk')
    writeFileSync(file, '')
    truncateSync(file, 4 * MIB)
  })
  afterEach(() => {
    process.env.PATH = PATH
    for (const { device } of loopDevices(file)) detachLoop(device)
    rmSync(directory, { recursive: true, force: true })
  })

  /** A program of this name that fails comes before that of the system. */
  function hide(name: string): void {
    const bin = join(directory, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, name), '#!/bin/sh\nexit 1\n')
    chmodSync(join(bin, name), 0o755)
    process.env.PATH = `${bin}:${PATH}`
  }

  const cases: readonly LoopOptions[] = [
    { readOnly: false, direct: true },
    { readOnly: true, direct: true },
    { readOnly: false, direct: true, offset: MIB },
    { readOnly: false, direct: false },
  ]

  describe.each([['at once'], ['where Perl does not do it']])('%s', (how) => {
    test.each(cases)('is as it was asked for: %j', (options) => {
      if (how !== 'at once') hide('perl')
      const loop = attachLoop(file, options)
      expect(loop).toEqual({ offset: 0, ...options, device: loop.device, backingFile: file })
      expect(loopDevices(file)).toEqual([loop])
      const attribute = (name: string) => readFileSync(`/sys/block/${loop.device.slice(5)}/${name}`, 'utf8').trim()
      expect(attribute('size')).toBe(String((4 * MIB - (options.offset ?? 0)) / 512))
      expect(attribute('queue/logical_block_size')).toBe('512')
    })
  })

  test('uses the page cache where nothing else makes sure that requests come one at a time', () => {
    // The file is none of FUSE.
    expect(attachLoop(file, { readOnly: false, direct: true }, 'one').direct).toBe(false)
  })

  test('of a file that is not there is an error of losetup', () => {
    rmSync(file)
    expect(() => attachLoop(file, { readOnly: false, direct: true })).toThrow('ENOENT')
    hide('losetup')
    writeFileSync(file, '')
    expect(() => attachLoop(file, { readOnly: false, direct: false })).toThrow(/losetup/)
  })

  describe('of a file that is about to be mounted on', () => {
    /** What is mounted, on another file system. */
    let mounted: string

    beforeEach(() => {
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', directoryFor('memory')])
      mounted = join(directory, 'memory', 'disk')
      writeFileSync(mounted, '')
      truncateSync(mounted, 8 * MIB)
    })
    afterEach(() => {
      for (const { device } of loopDevices(file)) detachLoop(device)
      spawnSync('umount', ['--lazy', file])
      execFileSync('umount', ['--lazy', join(directory, 'memory')])
    })

    function directoryFor(name: string): string {
      mkdirSync(join(directory, name))
      return join(directory, name)
    }

    const attach = (mount: () => Promise<unknown>) =>
      attachLoopToMount(file, { readOnly: false }, 'any', mount, join(directory, 'log'))

    /** Perl, while it waits for the mount. */
    const isWaiting = () => findProcess('perl', file) !== undefined

    test.each([['while Perl waits'], ['before Perl starts'], ['where Perl fails']])(
      'is one of what is mounted %s',
      async (when) => {
        if (when === 'where Perl fails') hide('perl')
        const { device, readOnly } = await attach(async () => {
          if (when === 'while Perl waits') await expect.poll(isWaiting, { timeout: 60_000 }).toBe(true)
          execFileSync('mount', ['--bind', mounted, file])
        })
        expect([loopCapacity(device), readOnly]).toEqual([8 * MIB, false])
      },
    )

    test('is none, and nothing waits for it, where that fails and the file is removed', async () => {
      const mount = async () => {
        await expect.poll(isWaiting, { timeout: 60_000 }).toBe(true)
        throw new Error('cannot mount')
      }
      await expect(attach(mount)).rejects.toThrow('cannot mount')
      // What there was of the disk goes before Perl has ended.
      rmSync(join(directory, 'log'))
      rmSync(file)
      await expect.poll(isWaiting, { timeout: 60_000 }).toBe(false)
      expect(loopDevices(file)).toEqual([])
    })

    test('is none where nobody waits for it any more', async () => {
      const over = new AbortController()
      const attached = untilAborted(over.signal, () =>
        attach(async () => {
          await expect.poll(isWaiting, { timeout: 60_000 }).toBe(true)
          over.abort()
          execFileSync('mount', ['--bind', mounted, file])
        }),
      )
      await expect(attached).rejects.toThrow(ToolTimeoutError)
      expect(loopDevices(file)).toEqual([])
    })

    test('is none where who waits for it is killed', async () => {
      const module = new URL('../../src/engine/loop.ts', import.meta.url).pathname
      const code = `const { attachLoopToMount } = await import(${JSON.stringify(module)})
        await attachLoopToMount(${JSON.stringify(file)}, { readOnly: false }, 'any', () => new Promise(() => {}), '/dev/null')`
      const caller = spawn('npx', ['tsx', '--input-type=module', '--eval', code], { detached: true, stdio: 'ignore' })
      const ended = once(caller, 'exit')
      await expect.poll(isWaiting, { timeout: 60_000 }).toBe(true)
      const perl = findProcess('perl', file)
      process.kill(parentOf(perl ?? 0), 'SIGKILL')
      await ended
      await expect.poll(isWaiting, { timeout: 60_000 }).toBe(false)
      execFileSync('mount', ['--bind', mounted, file])
      expect(loopDevices(file)).toEqual([])
    })
  })
})

function parentOf(pid: number): number {
  return Number(/^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** Loop devices, set up at once or, where that is not possible, in two steps. */
import { chmodSync, mkdirSync, readFileSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dirSync } from 'tmp-promise'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { attachLoop, detachLoop, type LoopOptions, loopDevices } from '../../src/engine/loop.ts'
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
})

/** The size of a disk in its image file is what QEMU says of it, or nothing. */
import { execFileSync } from 'node:child_process'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createImageArguments, type ImageFormat } from '../../../src/engine/image-format.ts'
import { saysSize, sizeInFile } from '../../../src/engine/qsd/size-in-file.ts'
import { lacks } from '../../support/needs.ts'
import { scratch } from '../../support/scratch.ts'
import { description } from './support.ts'

describe('the size that a file tells', () => {
  test.each([
    [1000, 1024],
    [4096, 4096],
    [0, 0],
  ])('of a raw image of %i bytes is %i', (bytes, size) => {
    const path = join(scratch(), 'disk.raw')
    writeFileSync(path, '')
    truncateSync(path, bytes)
    expect(sizeInFile(description(path, 'raw'))).toBe(size)
    expect(sizeInFile(description(path, 'raw', { part: { offset: 0, size: 512 } }))).toBeUndefined()
  })

  test.skipIf(lacks('qemu-img')).each<readonly [ImageFormat, number, number | undefined]>([
    ['qcow2', 3 * 2 ** 30 + 512, 3 * 2 ** 30 + 512],
    ['vhd', 2 ** 20, undefined],
    ['vhdx', 2 ** 20, undefined],
  ])('of an image of format %s with %i bytes is %s', (format, bytes, size) => {
    const path = join(scratch(), 'disk')
    execFileSync('qemu-img', [...createImageArguments(path, format, bytes)])
    expect(sizeInFile(description(path, format))).toBe(size)
    expect(saysSize(description(path, format), bytes)).toBe(format !== 'vhdx')
    expect(saysSize(description(path, format), bytes + 512)).toBe(false)
  })

  test('is unknown of what is no such image, and of what is not there', () => {
    const path = join(scratch(), 'disk.qcow2')
    writeFileSync(path, 'QFI\xfb', 'latin1')
    expect(sizeInFile(description(path, 'qcow2'))).toBeUndefined()
    writeFileSync(path, Buffer.alloc(100))
    expect(sizeInFile(description(path, 'qcow2'))).toBeUndefined()
    expect(sizeInFile(description(join(path, '..', 'nothing'), 'raw'))).toBeUndefined()
  })
})

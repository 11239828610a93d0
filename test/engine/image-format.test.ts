import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  createImageArguments,
  IMAGE_FORMATS,
  type ImageFormat,
  ImageFormatError,
  imageFormatOf,
} from '../../src/engine/image-format.ts'
import { lacks } from '../support/needs.ts'
import { scratch } from '../support/scratch.ts'

test.each([
  ['/a/b.raw', undefined, 'raw'],
  ['/a/b.img', undefined, 'raw'],
  ['/a/b.qcow2', undefined, 'qcow2'],
  ['/a/b.QCOW2', undefined, 'qcow2'],
  ['/a/b.vhd', undefined, 'vhd'],
  ['/a/b.vhdx', undefined, 'vhdx'],
  ['/dev/vg/lv', undefined, 'raw'],
  ['/a.qcow2/b', undefined, 'raw'],
  ['/a/b.qcow2', 'raw', 'raw'],
  ['/dev/vg/lv', 'qcow2', 'qcow2'],
  ['/a/b', 'vpc', 'vhd'],
  ['/a/b', 'VHD', 'vhd'],
])('%s with format=%s is %s', (path, named, format) => {
  expect(imageFormatOf(path, named)).toBe(format)
})

test('a format that there is not is an error that names those there are', () => {
  expect(() => imageFormatOf('/a', 'vmdk')).toThrow(ImageFormatError)
  expect(() => imageFormatOf('/a', 'vmdk')).toThrow(/"vmdk".*raw, qcow2, vhd, vhdx/)
})

describe.skipIf(lacks('qemu-img'))('an image that is made', () => {
  test.each(Object.keys(IMAGE_FORMATS) as ImageFormat[])('%s has exactly the size asked for', (format) => {
    // Not a whole number of cylinders, to which a vhd would be rounded.
    const size = 10_000_384
    const path = join(scratch(), '-o image, with commas')
    execFileSync('qemu-img', [...createImageArguments(path, format, size)])
    const { driver } = IMAGE_FORMATS[format]
    const info = JSON.parse(
      execFileSync('qemu-img', ['info', '--output=json', '-f', driver, path], { encoding: 'utf8' }),
    )
    expect(info['virtual-size']).toBe(size)
  })
})

import { describe, expect, test } from 'vitest'
import { formatSize, parseSize } from '../../src/cli/size.ts'

describe('a size', () => {
  test.each([
    ['1', 1],
    ['1024', 1024],
    ['512MiB', 512 * 2 ** 20],
    ['10GiB', 10 * 2 ** 30],
    ['10 gib', 10 * 2 ** 30],
    ['1TiB', 2 ** 40],
    ['1.5KiB', 1536],
    ['8191PiB', 8191n * 1024n ** 5n],
    ['9223372036854775807', 2n ** 63n - 1n],
  ])('%s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })

  test.each(['', '-1', '0', '0GiB', '9223372036854775808', '8EiB', '1.3B', '0.1KiB', 'x', '1e3', '0x10', '١', '1\n'])(
    '%j is refused with what was seen',
    (text) => {
      expect(() => parseSize(text)).toThrow(
        expect.objectContaining({ kind: 'USAGE', message: expect.stringContaining(JSON.stringify(text)) }),
      )
    },
  )

  test.each(['10G', '10g', '10GB', '10mb', '5T'])('%s is refused as it has two meanings', (text) => {
    expect(() => parseSize(text)).toThrow(/powers of 1000 or of 1024/)
  })

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [10 * 2 ** 30, '10 GiB'],
    [2n ** 63n - 1n, '7.9 EiB'],
  ])('%s bytes are written as %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text)
  })
})

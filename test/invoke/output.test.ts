import { expect, test } from 'vitest'
import { HeadAndTail, LimitedOutput } from '../../src/invoke/output.ts'

test('pieces of all sizes are put together in order', () => {
  const pieces = [1, 70_000, 3, 40_000, 65_536, 10, 20_000, 64_000].map((size, index) => Buffer.alloc(size, 65 + index))
  const output = new LimitedOutput(1_000_000)
  for (const piece of pieces) output.add(piece)
  expect(output.bytes().equals(Buffer.concat(pieces))).toBe(true)
  expect(output.exceeded).toBe(false)
})

test('nothing at all is no bytes', () => {
  expect(new LimitedOutput(10).bytes()).toHaveLength(0)
})

test('beyond the limit nothing is kept', () => {
  const output = new LimitedOutput(10)
  output.add(Buffer.from('12345678'))
  output.add(Buffer.from('9ab'))
  output.add(Buffer.from('9'))
  expect(output.exceeded).toBe(true)
  expect(output.bytes().toString()).toBe('12345678')
})

test('up to twice the length everything is kept', () => {
  const text = new HeadAndTail(10)
  for (const character of '0123456789abcdefghij') text.add(Buffer.from(character))
  expect(text.text()).toBe('0123456789abcdefghij')
})

test('of more, the beginning and the end, cut where lines end', () => {
  const lines = Array.from({ length: 10_000 }, (_, number) => `line ${number}\n`)
  const text = new HeadAndTail(1000)
  for (const line of lines) text.add(Buffer.from(line))
  const kept = text.text().split('\n')
  const marker = kept.findIndex((line) => line.includes('left out'))
  expect(kept.slice(0, marker).every((line, index) => line === `line ${index}`)).toBe(true)
  expect(kept.slice(marker + 1, -1).every((line) => /^line 99\d\d$/.test(line))).toBe(true)
  const omitted = Number(/\d+/.exec(kept[marker] ?? '')?.[0])
  const markerLength = (kept[marker]?.length ?? 0) + 1
  expect(text.text().length - markerLength + omitted).toBe(lines.join('').length)
})

test('one long line is cut anywhere', () => {
  const text = new HeadAndTail(10)
  text.add(Buffer.from('x'.repeat(1000)))
  expect(text.text()).toBe(`${'x'.repeat(10)}\n… 980 bytes left out …\n${'x'.repeat(10)}`)
})

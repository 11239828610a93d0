import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readInput, writeOutput } from '../../src/kit/streams.ts'
import { temporaryDirectory } from './run.ts'

let directory: string
let remove: () => Promise<void>

beforeAll(async () => {
  const temporary = await temporaryDirectory()
  directory = temporary.path
  remove = temporary.remove
})

afterAll(() => remove())

/** A pipe that answers EAGAIN instead of waiting, as one does that a caller shares with something non-blocking. */
async function nonBlockingPipe(name: string): Promise<{ path: string; descriptor: number }> {
  const path = join(directory, name)
  await execa('mkfifo', [path])
  return { path, descriptor: openSync(path, constants.O_RDWR | constants.O_NONBLOCK) }
}

test('all of a text is written to a pipe that is full', async () => {
  const { path, descriptor } = await nonBlockingPipe('full')
  const copy = join(directory, 'copy')
  const text = `${'€'.repeat(1_000_000)}\n`
  const reader = execa('sh', ['-c', `head -c ${Buffer.byteLength(text)} '${path}' >'${copy}'`])
  writeOutput(descriptor, text)
  await reader
  closeSync(descriptor)
  expect(readFileSync(copy, 'utf8') === text).toBe(true)
})

test('a line is read from a pipe that is still empty', async () => {
  const { path, descriptor } = await nonBlockingPipe('empty')
  const writer = execa('sh', ['-c', `printf 'first\\nsecond' >'${path}'`])
  expect(readInput(descriptor, () => true).toString()).toBe('first')
  closeSync(descriptor)
  await writer
})

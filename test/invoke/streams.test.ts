import { closeSync, writeSync } from 'node:fs'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { PIPES } from '../../src/invoke/pipes.ts'
import { Streams } from '../../src/invoke/streams.ts'

/** Milliseconds, longer than what counts as silence. */
const BUSY = 600

/** Holds the whole thread, as starting a process on a machine under load does. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

test('an output that has ended is not taken for one that is held open, however busy this process was', async () => {
  const { host, child } = await PIPES.open()
  const streams = new Streams(host, '')
  const read: string[] = []
  streams.read({ stdout: (chunk) => read.push(String(chunk)), stderr: () => {} })
  try {
    const [stdin, stdout, stderr] = child
    writeSync(stdout, 'null\n')
    while (read.length === 0) await delay(1)
    // From here on timers come before what can be read.
    await nextTurn()
    for (const descriptor of [stdin, stdout, stderr]) closeSync(descriptor)
    const drained = streams.drained()
    block(BUSY)
    expect(await drained).toBe(true)
  } finally {
    streams.destroy()
    await PIPES.close()
  }
})

test('an answer that comes late is waited for, where nothing has been printed before', async () => {
  const { host, child } = await PIPES.open()
  const streams = new Streams(host, '')
  const read: string[] = []
  streams.read({ stdout: (chunk) => read.push(String(chunk)), stderr: () => {} })
  try {
    const drained = streams.drained()
    await delay(BUSY)
    writeSync(child[1], 'null\n')
    for (const descriptor of child) closeSync(descriptor)
    expect(await drained).toBe(true)
    expect(read).toEqual(['null\n'])
  } finally {
    streams.destroy()
    await PIPES.close()
  }
})

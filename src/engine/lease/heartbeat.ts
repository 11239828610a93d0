/**
 * Signs of life of the holder of a lock, given by a thread of their own: the call itself may wait for a tool that copies
 * for minutes.
 */
import { Worker } from 'node:worker_threads'
import type { Holder } from './holder.ts'

/** Signs of life within the time after which a holder counts as dead. */
const BEATS = 6

export interface Heart {
  /** Ends it; when this returns, the file is not touched any more. */
  stop(): void
}

/** Cells of the memory that both threads see. */
const STOPPED = 0
const BUSY = 1

/**
 * Writes a new count into the file of a lock again and again.
 * @param path of the file, which is the holder's
 */
export function startBeating(path: string, holder: Holder): Heart {
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const milliseconds = (holder.seconds * 1000) / BEATS
  const worker = new Worker(SOURCE, { eval: true, workerData: { path, ...holder, milliseconds, shared } })
  worker.unref()
  return {
    stop() {
      Atomics.store(shared, STOPPED, 1)
      Atomics.notify(shared, STOPPED)
      while (Atomics.load(shared, BUSY) === 1) Atomics.wait(shared, BUSY, 1, 1000)
    },
  }
}

/** In plain JavaScript: a plugin is one file, and the thread has to begin somewhere. The text is that of holder.ts. */
const SOURCE = `
const { workerData: { path, host, token, seconds, milliseconds, shared } } = require('node:worker_threads')
const { openSync, closeSync, readSync, writeSync } = require('node:fs')
const { ESTALE } = require('node:os').constants.errno
const STOPPED = 0, BUSY = 1
let count = 0
let last = performance.now()

function die(reason) {
  require('node:fs').writeSync(2, 'the lock ' + path + ' is lost: ' + reason + '\\n')
  process.kill(process.pid, 'SIGKILL')
}

function beat() {
  const mark = host + ' ' + token + ' '
  let descriptor
  try {
    descriptor = openSync(path, 'r+')
    const buffer = Buffer.alloc(mark.length)
    readSync(descriptor, buffer, 0, buffer.length, 0)
    if (buffer.toString() !== mark) return die('another host has taken it')
    const text = mark + String(seconds).padStart(3, '0') + ' ' + String(++count).padStart(10, '0') + '\\n'
    writeSync(descriptor, text, 0)
    last = performance.now()
  } catch (error) {
    if (error.code === 'ENOENT' || error.errno === -ESTALE) return die('another host has taken it')
    if (performance.now() - last > milliseconds * ${BEATS - 2}) die(error.message)
  } finally {
    if (descriptor !== undefined) try { closeSync(descriptor) } catch {}
  }
}

while (Atomics.wait(shared, STOPPED, 0, milliseconds) === 'timed-out') {
  Atomics.store(shared, BUSY, 1)
  if (Atomics.load(shared, STOPPED) === 0) beat()
  Atomics.store(shared, BUSY, 0)
  Atomics.notify(shared, BUSY)
}
`

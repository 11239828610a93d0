import { getEventListeners } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { onAbort, untilAborted } from '../../../src/engine/cancellation.ts'
import { whileReachable } from '../../../src/engine/qsd/server-watch.ts'
import { reachServer, ServerUnreachableError } from '../../../src/engine/server.ts'
import { runToolWithin } from '../../../src/engine/tool.ts'

/** A body that waits until it is told that there is nothing to wait for. */
function waiting(): Promise<never> {
  return new Promise((_, reject) => onAbort(() => reject(new Error('it was told to end'))))
}

/** A port of this host that nobody listens on, nor gets by chance, as one that was free a moment ago. */
const PORT = 1

test('a body whose server is gone is told to end, and fails for that', async () => {
  const reach = () => reachServer({ host: '127.0.0.1', port: PORT })
  await expect(whileReachable(reach, waiting)).rejects.toThrow(ServerUnreachableError)
})

test('a body whose server is there goes on for as long as it takes, however often that is asked', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((done) => server.once('listening', done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  let asked = 0
  const reach = () => {
    asked++
    return reachServer({ host: '127.0.0.1', port: address.port })
  }
  const body = async () => {
    while (asked < 4) await sleep(50)
    return 'done'
  }
  expect(await whileReachable(reach, body)).toBe('done')
})

test('what a body throws is its own, and what says nothing of the server ends nobody', async () => {
  const reach = () => Promise.reject(new Error('no configuration'))
  await expect(whileReachable(reach, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine')
  expect(await whileReachable(undefined, () => Promise.resolve(1))).toBe(1)
})

test('a wait that is over is not told to end any more', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  const { signal } = new AbortController()
  await untilAborted(signal, async () => {
    await reachServer({ host: '127.0.0.1', port })
    await runToolWithin('sync', ['--version'], 30_000)
  })
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

/** The switch of the tests is what the interface says of message-switch, quirks included. */
import { Agent, request } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { MessageSwitch } from '../../support/message-switch/message-switch.ts'
import { Bench, until } from './support.ts'

const bench = new Bench()
afterEach(() => bench.end())

type Ask = (method: string, path: string, body?: string) => Promise<[status: number, body: string]>

/** One connection, logged in where there is a token. */
async function connect(at: MessageSwitch, token?: string): Promise<Ask & { close: () => void }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  bench.defer(async () => agent.destroy())
  const ask: Ask = (method, path, body = '') =>
    new Promise((resolve, reject) => {
      const headers = { 'content-length': Buffer.byteLength(body) }
      const asked = request({ socketPath: at.socketPath, agent, method, path, headers }, async (response) => {
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) text += chunk
        resolve([response.statusCode ?? 0, text])
      })
      asked.on('error', reject).end(body)
    })
  if (token !== undefined) await ask('GET', `/login/${token}`)
  return Object.assign(ask, { close: () => agent.destroy() })
}

const transfer = (queue: string, from?: unknown, timeout = 0) => JSON.stringify({ from, timeout, queues: [queue] })

describe('a session', () => {
  test('is needed for everything but login, diagnostics and trace', async () => {
    const ask = await connect(await bench.switch())
    for (const path of ['/list/', '/persistent/q', '/ack/q/0'])
      expect(await ask('GET', path)).toEqual([404, 'Please log in.'])
    expect((await ask('GET', '/'))[0]).toBe(200)
    expect((await ask('GET', '/trace'))[0]).toBe(200)
    expect(await ask('GET', '/login/x')).toEqual([200, ''])
    expect(await ask('GET', '/persistent/q')).toEqual([200, 'q'])
  })

  test('takes its transient queues with it when its last connection ends', async () => {
    const mswitch = await bench.switch()
    const [a, b, other] = [await connect(mswitch, 's'), await connect(mswitch, 's'), await connect(mswitch, 'o')]
    await a('GET', '/transient/t')
    await other('GET', '/transient/t')
    await a('GET', '/persistent/p')
    other.close()
    a.close()
    await until(() => mswitch.connections === 1)
    expect(mswitch.list()).toEqual(['p', 't'])
    b.close()
    await until(() => mswitch.connections === 0)
    expect(mswitch.list()).toEqual(['p'])
  })
})

describe('messages', () => {
  test('are numbered from 0, come newest first, stay until they are acked, and go to every consumer', async () => {
    const mswitch = await bench.switch()
    const [a, b] = [await connect(mswitch, 'a'), await connect(mswitch, 'b')]
    await a('GET', '/persistent/q')
    expect(await a('POST', '/request/q/r', 'é')).toEqual([200, '[["q",0]]'])
    expect(await a('POST', '/response/q/other/7', '2')).toEqual([200, '[["q",1]]'])
    const first = [['q', 0], { payload: 'é', kind: ['Request', 'r'] }]
    const second = [['q', 1], { payload: '2', kind: ['Response', ['other', 7]] }]
    for (const ask of [a, b]) {
      const [, batch] = await ask('POST', '/transfer', transfer('q'))
      expect(JSON.parse(batch)).toEqual({ messages: [second, first], next: '1' })
    }
    const [, rest] = await a('POST', '/transfer', transfer('q', '0'))
    expect(JSON.parse(rest)).toEqual({ messages: [second], next: '1' })
    expect(await a('GET', '/ack/q/0')).toEqual([200, ''])
    expect(await a('GET', '/ack/q/0')).toEqual([200, ''])
    expect(await a('GET', '/ack/nowhere/0')).toEqual([200, ''])
    const [, left] = await a('POST', '/transfer', transfer('q'))
    expect(JSON.parse(left)).toEqual({ messages: [second], next: '1' })
  })

  test('for a queue that does not exist are dropped; a transfer from it is one from an empty queue', async () => {
    const ask = await connect(await bench.switch(), 'a')
    expect(await ask('POST', '/request/q/r', 'x')).toEqual([200, '[]'])
    expect(await ask('POST', '/transfer', transfer('q'))).toEqual([200, '{"messages":[],"next":"-1"}'])
    expect(await ask('POST', '/transfer', transfer('q', '57'))).toEqual([200, '{"messages":[],"next":"57"}'])
  })

  test('end a transfer that waits for them', async () => {
    const mswitch = await bench.switch()
    const ask = await connect(mswitch, 'a')
    const waiting = ask('POST', '/transfer', transfer('q', undefined, 30))
    await until(() => mswitch.transcript.length === 2)
    mswitch.send('q', 'x', 'r')
    expect(JSON.parse((await waiting)[1])).toMatchObject({ next: '0' })
  })

  test('are numbered from 0 after a restart; with persistence only in a queue that is empty', async () => {
    const mswitch = await bench.switch()
    for (const queue of ['full', 'empty']) mswitch.send(queue, 'x', 'r')
    mswitch.send('full', 'y', 'r')
    await (await connect(mswitch, 'a'))('GET', '/ack/empty/0')
    await mswitch.restart({ keepQueues: true })
    expect([mswitch.send('full', 'z', 'r'), mswitch.send('empty', 'z', 'r')]).toEqual([2, 0])
    await mswitch.restart()
    expect(mswitch.list()).toEqual([])
    expect(mswitch.send('full', 'z', 'r')).toBe(0)
  })
})

describe('requests', () => {
  test('have paths that are decoded twice', async () => {
    const mswitch = await bench.switch()
    const ask = await connect(mswitch, 'a')
    expect((await ask('GET', '/persistent/a%2Fb'))[0]).toBe(404)
    expect(await ask('GET', '/persistent/a%252Fb')).toEqual([200, 'a/b'])
    expect(await ask('GET', '/persistent/c%2541')).toEqual([200, 'cA'])
  })

  test.each([
    ['GET', '/ack/q/x', ''],
    ['POST', '/response/q/o/x', 'y'],
    ['POST', '/transfer', 'no JSON'],
    ['POST', '/transfer', transfer('q', null)],
    ['POST', '/transfer', transfer('q', 1)],
    ['POST', '/transfer', transfer('q', 'x')],
  ])('%s %s with %j are malformed, and leave the connection usable', async (method, path, body) => {
    const mswitch = await bench.switch()
    const ask = await connect(mswitch, 'a')
    expect(await ask(method, path, body)).toEqual([500, 'Error: Internal Server Error'])
    expect(await ask('GET', '/list/')).toEqual([200, '[]'])
    expect(mswitch.connections).toBe(1)
  })

  test.each([
    ['GET', '/nosuch', ''],
    ['GET', '/list', ''],
    ['GET', '/list/', 'a body'],
    ['POST', '/list/', ''],
  ])('%s %s with %j are unknown', async (method, path, body) => {
    const ask = await connect(await bench.switch(), 'a')
    expect((await ask(method, path, body))[0]).toBe(404)
  })

  test('for alive queues never forget one, also when it was destroyed and created again', async () => {
    const mswitch = await bench.switch()
    const ask = await connect(mswitch, 'a')
    for (const queue of ['a.polled', 'a.silent']) await ask('GET', `/persistent/${queue}`)
    await ask('POST', '/transfer', transfer('a.polled'))
    expect(await ask('GET', '/list/alive/a')).toEqual([200, '["a.polled"]'])
    await ask('GET', '/destroy/a.polled')
    expect(await ask('GET', '/list/alive/a')).toEqual([200, '[]'])
    await ask('GET', '/persistent/a.polled')
    expect(await ask('GET', '/list/alive/a')).toEqual([200, '["a.polled"]'])
    await mswitch.restart({ keepQueues: true })
    const again = await connect(mswitch, 'a')
    expect(await again('GET', '/list/alive/a')).toEqual([200, '[]'])
  })
})

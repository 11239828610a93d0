import { afterEach, describe, expect, test } from 'vitest'
import { serveQueue } from '../../../src/toolstack/switch/server.ts'
import { Bench, Desk, did, QUEUE, until } from './support.ts'

const bench = new Bench()
afterEach(() => bench.end())

describe('a queue is served', () => {
  test('a request is answered to its reply queue and acked, as the interface says', async () => {
    const mswitch = await bench.switch()
    const server = bench.serve(mswitch, { handler: did })
    await server.ready
    expect(await mswitch.call(QUEUE, 'créer ☃ {"a":1}')).toBe('did créer ☃ {"a":1}')
    await until(() => mswitch.contents(QUEUE).length === 0)

    expect(server.state).toBe('serving')
    const [a = [], b = []] = [0, 1].map((n) => mswitch.transcript.filter(({ connection }) => connection === n))
    expect(a[0]?.request).toBe('GET /login/4242')
    expect(b.map(({ request }) => request)).toEqual([
      'GET /login/4242',
      `POST /response/caller:0/${QUEUE}/0`,
      `GET /ack/${QUEUE}/0`,
    ])
    expect(a.map(({ request }) => request)).toContain(`GET /persistent/${QUEUE}`)
    const polls = a.filter(({ request }) => request === 'POST /transfer').map(({ body }) => JSON.parse(body))
    expect(polls).toContainEqual({ timeout: 30, queues: [QUEUE] })
    expect(polls).toContainEqual({ from: '0', timeout: 30, queues: [QUEUE] })
    expect(mswitch.violations).toEqual([])
  })

  test('a second batch is asked for from where the first one ended', async () => {
    const mswitch = await bench.switch()
    await bench.serve(mswitch, { handler: did }).ready
    for (const payload of ['a', 'b', 'c']) expect(await mswitch.call(QUEUE, payload)).toBe(`did ${payload}`)
  })

  // Defect 32 of the reference.
  test('the messages of a batch start in the order of their numbers', async () => {
    const mswitch = await bench.switch()
    const payloads = Array.from({ length: 50 }, (_, index) => `p${index}`)
    for (const payload of payloads) mswitch.send(QUEUE, payload, 'caller')
    const desk = new Desk()
    await bench.serve(mswitch, { handler: desk.handler }).ready
    await until(() => desk.asked.length === payloads.length)
    expect(desk.asked).toEqual(payloads)
  })

  // Callers rely on it: a slow VDI.create must not block VDI.deactivate.
  test('a request that is never answered does not hold up others', async () => {
    const mswitch = await bench.switch()
    const handler = ({ payload }: { payload: string }) =>
      payload === 'stuck' ? new Promise<string>(() => {}) : Promise.resolve(`did ${payload}`)
    await bench.serve(mswitch, { handler }).ready
    mswitch.send(QUEUE, 'stuck', 'caller')
    for (const payload of ['a', 'b']) expect(await mswitch.call(QUEUE, payload)).toBe(`did ${payload}`)
    await until(() => mswitch.contents(QUEUE).length === 1)
    expect(mswitch.contents(QUEUE).map(([, { payload }]) => payload)).toEqual(['stuck'])
  })

  test('no more requests run at a time than the caller allows', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    await bench.serve(mswitch, { handler: desk.handler, concurrency: 2 }).ready
    const calls = ['a', 'b', 'c'].map((payload) => mswitch.call(QUEUE, payload))
    await until(() => desk.asked.length === 2)
    await desk.answer('b')
    expect(await calls[1]).toBe('did b')
    await until(() => desk.asked.length === 3)
    expect(desk.asked).toEqual(['a', 'b', 'c'])
    await Promise.all([desk.answer('a'), desk.answer('c'), ...calls])
  })

  // Defect 4 of the reference.
  test.each([
    ['text', 'no JSON'],
    ['nothing', ''],
    ['bytes that are no UTF-8', Buffer.from([0x80, 0xff, 0])],
    ['control characters and quotes', '\u0000\u0001"\\\n{'],
    ['a megabyte', 'x'.repeat(1 << 20)],
  ])('a payload of %s reaches the handler, and its answer the caller', async (_, payload) => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    await bench.serve(mswitch, { handler: desk.handler }).ready
    const answer = mswitch.call(QUEUE, payload)
    const text = Buffer.from(payload).toString('utf8')
    await desk.answer(text)
    expect(await answer).toBe(`did ${text}`)
    await until(() => mswitch.contents(QUEUE).length === 0)
  })

  test('a handler that throws is logged, and its caller gets an internal error', async () => {
    const mswitch = await bench.switch()
    const handler = () => {
      throw new TypeError('a defect')
    }
    await bench.serve(mswitch, { handler }).ready
    expect(await mswitch.call(QUEUE, 'a')).toBe('internal error: a defect')
    await until(() => mswitch.contents(QUEUE).length === 0)
    expect(bench.logged).toContainEqual({
      level: 'error',
      fields: { queue: QUEUE, number: 0, error: 'a defect' },
      message: 'the handler of the queue failed',
    })
  })

  test.each(['a/b', 'a%2Fb', ''])('%j is refused as the name of a queue', (queue) => {
    const options = { socketPath: '/nowhere', token: '1', handler: did, internalError: String, log: () => {} }
    expect(() => serveQueue({ ...options, queue })).toThrow(/cannot name a queue of message-switch/)
  })

  test('a reply queue with a slash, a percent sign, a blank and a letter beyond ASCII is found', async () => {
    const mswitch = await bench.switch()
    await bench.serve(mswitch, { handler: did }).ready
    const replyQueue = 'a/b%41 c:é'
    const bytes = Buffer.from(replyQueue).toString('latin1')
    mswitch.create(bytes)
    mswitch.send(QUEUE, 'x', bytes)
    await until(() => mswitch.contents(bytes).length === 1)
  })
})

describe('requests that were there before', () => {
  // Defect 31 of the reference.
  test('those whose caller has gone are stale, all others are not', async () => {
    const mswitch = await bench.switch()
    mswitch.create('waits')
    mswitch.send(QUEUE, 'abandoned', 'gone')
    mswitch.send(QUEUE, 'wanted', 'waits')
    const desk = new Desk()
    const server = bench.serve(mswitch, { handler: desk.handler })
    await until(() => desk.asked.length === 2)
    expect(desk.stale).toEqual(['abandoned'])
    await Promise.all([desk.answer('abandoned'), desk.answer('wanted')])
    await until(() => mswitch.contents('waits').length === 1 && mswitch.contents(QUEUE).length === 0)

    mswitch.send(QUEUE, 'later', 'gone')
    await until(() => desk.asked.length === 3)
    expect(desk.stale).toEqual(['abandoned'])
    expect(server.state).toBe('serving')
  })

  test('two thousand are served, each once', async () => {
    const mswitch = await bench.switch()
    const payloads = Array.from({ length: 2000 }, (_, index) => `p${index}`)
    const calls = payloads.map((payload) => mswitch.call(QUEUE, payload))
    const asked: string[] = []
    bench.serve(mswitch, { handler: async (request) => `did ${asked.push(request.payload)}` })
    expect(new Set(await Promise.all(calls)).size).toBe(2000)
    expect(asked).toEqual(payloads)
    await until(() => mswitch.contents(QUEUE).length === 0)
  })

  test('the server may start before the switch', async () => {
    const mswitch = await bench.switch()
    await mswitch.down()
    const server = bench.serve(mswitch, { handler: did })
    await until(() => bench.logged.some(({ message }) => message.startsWith('no message-switch')))
    expect(server.state).toBe('connecting')
    await mswitch.up()
    await server.ready
    expect(await mswitch.call(QUEUE, 'a')).toBe('did a')
  })
})

describe('the end', () => {
  test('close waits for what runs, answers and acks it, and takes nothing more', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    const server = bench.serve(mswitch, { handler: desk.handler })
    const running = mswitch.call(QUEUE, 'running')
    await until(() => desk.asked.length === 1)
    const closed = server.close({ drain: 20 })
    expect(server.state).toBe('draining')
    mswitch.create('caller')
    mswitch.send(QUEUE, 'too late', 'caller')
    await desk.answer('running')
    expect(await running).toBe('did running')
    await closed
    expect(server.state).toBe('closed')
    expect(desk.asked).toEqual(['running'])
    expect(mswitch.contents(QUEUE).map(([, { payload }]) => payload)).toEqual(['too late'])
    await until(() => mswitch.connections === 0)

    const next = bench.serve(mswitch, { handler: did })
    await next.ready
    await until(() => mswitch.contents('caller').length === 1)
  })

  test('close leaves what does not finish in time to the next server', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    const server = bench.serve(mswitch, { handler: desk.handler })
    const call = mswitch.call(QUEUE, 'slow')
    await until(() => desk.asked.length === 1)
    await server.close({ drain: 0.05 })
    expect(bench.logged.at(-1)).toMatchObject({ level: 'warn', fields: { requests: 1 } })
    bench.serve(mswitch, { handler: did })
    expect(await call).toBe('did slow')
  })

  test('what waits for its turn when the draining begins does not start', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    const server = bench.serve(mswitch, { handler: desk.handler, concurrency: 1 })
    await server.ready
    for (const payload of ['a', 'b']) mswitch.send(QUEUE, payload, 'caller')
    await until(() => desk.asked.length === 1)
    const closed = server.close({ drain: 20 })
    await desk.answer('a')
    await closed
    expect(desk.asked).toEqual(['a'])
    expect(mswitch.contents(QUEUE).map(([, { payload }]) => payload)).toEqual(['b'])
  })

  test('close ends at once where the switch is gone', async () => {
    const mswitch = await bench.switch()
    await mswitch.down()
    const server = bench.serve(mswitch, { handler: did })
    await server.close({ drain: 1000 })
    await expect(server.ready).rejects.toMatchObject({ reason: 'closed' })
  })

  test('close ends at once where the switch hangs and nothing runs', async () => {
    const mswitch = await bench.switch()
    mswitch.inject({ matching: /login/, delay: 1000 })
    const server = bench.serve(mswitch, { handler: did })
    await until(() => mswitch.transcript.length === 1)
    await server.close({ drain: 1000 })
    expect(server.state).toBe('closed')
  })

  test('close delivers through a lost connection', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    const server = bench.serve(mswitch, { handler: desk.handler })
    const call = mswitch.call(QUEUE, 'a')
    await until(() => desk.asked.length === 1)
    const closed = server.close({ drain: 20 })
    mswitch.kill()
    await desk.answer('a')
    expect(await call).toBe('did a')
    await closed
    expect(mswitch.contents(QUEUE)).toEqual([])
  })

  // Defect 23 of the reference.
  test('remove serves what is there, also what came meanwhile, and destroys the queue', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    const server = bench.serve(mswitch, { handler: desk.handler, concurrency: 1 })
    const calls = ['a', 'b'].map((payload) => mswitch.call(QUEUE, payload))
    await until(() => desk.asked.length === 1)
    const removed = server.remove()
    expect(server.state).toBe('removing')
    calls.push(mswitch.call(QUEUE, 'c'))
    for (const payload of ['a', 'b', 'c']) await desk.answer(payload)
    expect(await Promise.all(calls)).toEqual(['did a', 'did b', 'did c'])
    await removed
    expect(mswitch.list('org.xen')).toEqual([])
    expect(server.state).toBe('closed')
  })

  test('remove answers with an internal error what does not finish in time', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    const server = bench.serve(mswitch, { handler: desk.handler })
    const call = mswitch.call(QUEUE, 'stuck')
    await until(() => desk.asked.length === 1)
    await server.remove({ drain: 0.05 })
    expect(await call).toBe(`internal error: ${QUEUE} was removed and did not answer in 0.05 s`)
    expect(mswitch.list('org.xen')).toEqual([])
  })
})

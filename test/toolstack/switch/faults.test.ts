import { afterEach, describe, expect, test } from 'vitest'
import { Bench, Desk, did, QUEUE, until } from './support.ts'

const bench = new Bench()
afterEach(() => bench.end())

describe('the switch dies and comes back', () => {
  // Defects 2 and 3 of the reference.
  test('requests of the new life are served, though their numbers start again', async () => {
    const mswitch = await bench.switch()
    const server = bench.serve(mswitch, { handler: did })
    for (const payload of ['a', 'b', 'c']) await mswitch.call(QUEUE, payload)
    await mswitch.restart()
    expect(await mswitch.call(QUEUE, 'd')).toBe('did d')
    await until(() => server.state === 'serving')
  })

  test('a caller that creates the queue before we are back is served', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    bench.serve(mswitch, { handler: desk.handler })
    mswitch.call(QUEUE, 'lost').catch(() => {})
    await until(() => desk.asked.length === 1)
    await mswitch.down()
    await mswitch.up()
    const call = mswitch.call(QUEUE, 'new')
    await desk.answer('new')
    expect(await call).toBe('did new')
  })

  test('an answer to a request of the old life never reaches the request that has its number now', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    bench.serve(mswitch, { handler: desk.handler })
    mswitch.create('caller')
    mswitch.send(QUEUE, 'old', 'caller')
    await until(() => desk.asked.length === 1)
    await mswitch.down()
    await desk.answer('old')
    await mswitch.up()
    mswitch.create('caller')
    mswitch.send(QUEUE, 'new', 'caller')
    await desk.answer('new')
    await until(() => mswitch.contents(QUEUE).length === 0)
    expect(mswitch.contents('caller').map(([, { payload }]) => payload)).toEqual(['did new'])
    expect(bench.logged).toContainEqual({
      level: 'warn',
      fields: { queue: QUEUE, requests: 1 },
      message: 'message-switch lost the queue: these get no answer',
    })
  })

  test('with persistence nothing is served twice and nothing is lost', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    bench.serve(mswitch, { handler: desk.handler })
    for (const payload of ['a', 'b']) mswitch.send(QUEUE, payload, 'caller')
    await until(() => desk.asked.length === 2)
    await mswitch.restart({ keepQueues: true })
    mswitch.create('caller')
    mswitch.send(QUEUE, 'c', 'caller')
    for (const payload of ['a', 'b', 'c']) await desk.answer(payload)
    await until(() => mswitch.contents('caller').length === 3 && mswitch.contents(QUEUE).length === 0)
    expect(desk.asked).toEqual(['a', 'b', 'c'])
  })

  test('ten times under load: every caller of a life that lasts gets its own answer', async () => {
    const mswitch = await bench.switch()
    bench.serve(mswitch, { handler: did })
    let isOver = false
    let served = 0
    const caller = async (name: string) => {
      for (let turn = 0; !isOver; turn++) {
        const payload = `${name}:${turn}`
        const answer = await mswitch.call(QUEUE, payload).catch(() => 'the switch died')
        if (answer !== 'the switch died') expect(answer).toBe(`did ${payload}`)
        served++
        if (answer === 'the switch died') await new Promise(setImmediate)
      }
    }
    const callers = Array.from({ length: 8 }, (_, index) => caller(`c${index}`))
    for (let life = 0; life < 10; life++) {
      const before = served
      await until(() => served > before + 50)
      await mswitch.restart()
    }
    isOver = true
    await Promise.all(callers)
    expect(await mswitch.call(QUEUE, 'last')).toBe('did last')
    expect(mswitch.violations).toEqual([])
  })
})

describe('connections break, the switch lives on', () => {
  test('under load nothing is lost, nothing is served twice', async () => {
    const mswitch = await bench.switch()
    const asked: string[] = []
    bench.serve(mswitch, {
      handler: async ({ payload }) => {
        asked.push(payload)
        await new Promise(setImmediate)
        return `did ${payload}`
      },
    })
    const payloads = Array.from({ length: 1000 }, (_, index) => `p${index}`)
    const calls: Promise<string>[] = []
    for (const [index, payload] of payloads.entries()) {
      calls.push(mswitch.call(QUEUE, payload))
      if (index % 100 === 50) {
        await until(() => asked.length >= index - 40)
        mswitch.kill()
      }
    }
    expect(await Promise.all(calls)).toEqual(payloads.map((payload) => `did ${payload}`))
    expect(asked.toSorted()).toEqual(payloads.toSorted())
    await until(() => mswitch.contents(QUEUE).length === 0)
  })

  test('a caller that is about to reconnect too is not taken for gone', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    await bench.serve(mswitch, { handler: desk.handler }).ready
    mswitch.kill()
    mswitch.send(QUEUE, 'a', 'not yet back')
    await until(() => desk.asked.length === 1)
    expect(desk.stale).toEqual([])
  })

  test('a request that is acked while an old batch with it is on its way is not served again', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    bench.serve(mswitch, { handler: desk.handler, pollTimeout: 0.05 })
    mswitch.create('caller')
    mswitch.send(QUEUE, 'a', 'caller')
    await until(() => desk.asked.length === 1)
    mswitch.inject({ matching: /transfer/, delayAnswer: 0.2, times: 1000 })
    const looks = () => mswitch.transcript.filter(({ request, body }) => /transfer/.test(request) && !/from/.test(body))
    const before = looks().length
    await until(() => looks().length > before && looks().at(-1)?.status === undefined)
    const look = looks().at(-1)
    await desk.answer('a')
    await until(() => mswitch.contents(QUEUE).length === 0 && look?.status === 200)
    await Promise.all([mswitch.call(QUEUE, 'b'), desk.answer('b')])
    expect(desk.asked).toEqual(['a', 'b'])
  })

  test('a poll that breaks is taken up', async () => {
    const mswitch = await bench.switch()
    mswitch.inject({ matching: /transfer/, drop: 'before', times: 3 })
    bench.serve(mswitch, { handler: did })
    expect(await mswitch.call(QUEUE, 'a')).toBe('did a')
  })

  test('a batch that was lost on its way comes again', async () => {
    const mswitch = await bench.switch()
    mswitch.inject({ matching: /transfer/, drop: 'after', times: 2 })
    const desk = new Desk()
    bench.serve(mswitch, { handler: desk.handler })
    const call = mswitch.call(QUEUE, 'a')
    await desk.answer('a')
    await call
    expect(desk.asked).toEqual(['a'])
  })

  test.each([
    ['response', 'before', 1],
    ['response', 'after', 2],
    ['ack', 'before', 1],
    ['ack', 'after', 1],
  ] as const)('a connection lost %s %s the switch obeyed: served once, acked', async (request, drop, responses) => {
    const mswitch = await bench.switch()
    mswitch.inject({ matching: new RegExp(`/${request}/`), drop })
    mswitch.create('caller')
    const desk = new Desk()
    bench.serve(mswitch, { handler: desk.handler })
    mswitch.send(QUEUE, 'a', 'caller')
    await desk.answer('a')
    await until(() => mswitch.contents('caller').length === responses && mswitch.contents(QUEUE).length === 0)
    expect(await Promise.all([mswitch.call(QUEUE, 'b'), desk.answer('b')])).toEqual(['did b', undefined])
    expect(desk.asked).toEqual(['a', 'b'])
    expect(mswitch.contents('caller')).toHaveLength(responses)
  })

  test('a login that fails is repeated', async () => {
    const mswitch = await bench.switch()
    mswitch.inject({ matching: /login/, status: 500, times: 2 })
    bench.serve(mswitch, { handler: did })
    expect(await mswitch.call(QUEUE, 'a')).toBe('did a')
  })

  test('an answer that the switch refuses does not hold up the next', async () => {
    const mswitch = await bench.switch()
    mswitch.inject({ matching: /response/, status: 500 })
    bench.serve(mswitch, { handler: did })
    mswitch.send(QUEUE, 'a', 'caller')
    expect(await mswitch.call(QUEUE, 'b')).toBe('did b')
    await until(() => mswitch.contents(QUEUE).length === 0)
    expect(bench.logged.map(({ message }) => message)).toContain('message-switch refuses an answer or its ack')
  })

  test('slow acks hold up neither the polling nor what is acked by then', async () => {
    const mswitch = await bench.switch()
    mswitch.inject({ matching: /ack/, delay: 0.02, times: 20 })
    mswitch.inject({ matching: /transfer/, delay: 0.01, times: 20 })
    const asked: string[] = []
    bench.serve(mswitch, { pollTimeout: 0.01, handler: async ({ payload }) => `did ${asked.push(payload)}` })
    await Promise.all(Array.from({ length: 20 }, (_, index) => mswitch.call(QUEUE, `p${index}`)))
    await until(() => mswitch.contents(QUEUE).length === 0)
    expect(asked).toHaveLength(20)
  })
})

describe('somebody destroys the queue while we poll', () => {
  test('it is created again, and what is sent to it is served', async () => {
    const mswitch = await bench.switch()
    bench.serve(mswitch, { handler: did, pollTimeout: 0.05 })
    for (const payload of ['a', 'b', 'c']) await mswitch.call(QUEUE, payload)
    mswitch.destroy(QUEUE)
    await until(() => mswitch.list().includes(QUEUE))
    expect(await mswitch.call(QUEUE, 'd')).toBe('did d')
  })

  test('requests that a caller sends to it at once, below the last number seen, are served', async () => {
    const mswitch = await bench.switch()
    bench.serve(mswitch, { handler: did, pollTimeout: 0.05 })
    for (const payload of ['a', 'b', 'c']) await mswitch.call(QUEUE, payload)
    mswitch.destroy(QUEUE)
    expect(await mswitch.call(QUEUE, 'd')).toBe('did d')
  })

  test('what runs is answered', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    bench.serve(mswitch, { handler: desk.handler, pollTimeout: 0.05 })
    const call = mswitch.call(QUEUE, 'a')
    await until(() => desk.asked.length === 1)
    mswitch.destroy(QUEUE)
    await until(() => mswitch.list().includes(QUEUE))
    await desk.answer('a')
    expect(await call).toBe('did a')
  })

  test('a request that gets the number of one that still runs is served, and gets its own answer only', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    bench.serve(mswitch, { handler: desk.handler, pollTimeout: 0.05 })
    mswitch.create('caller')
    mswitch.send(QUEUE, 'a', 'caller')
    await until(() => desk.asked.length === 1)
    mswitch.destroy(QUEUE)
    mswitch.send(QUEUE, 'b', 'caller')
    await until(() => desk.asked.length === 2)
    await desk.answer('a')
    await desk.answer('b')
    await until(() => mswitch.contents(QUEUE).length === 0)
    expect(mswitch.contents('caller').map(([, { payload }]) => payload)).toEqual(['did b'])
  })
})

import { afterEach, describe, expect, test } from 'vitest'
import { SwitchClient } from '../../../src/toolstack/switch/client.ts'
import type { MessageSwitch } from '../../support/message-switch/message-switch.ts'
import { Bench, Desk, did, QUEUE, until } from './support.ts'

const bench = new Bench()
afterEach(() => bench.end())

function client(at: MessageSwitch, token = 'smapiv3:4242'): SwitchClient {
  const made = new SwitchClient({ socketPath: at.socketPath, token })
  bench.defer(() => made.close())
  return made
}

describe('a client calls', () => {
  test('a service answers, and nothing stays in the switch', async () => {
    const mswitch = await bench.switch()
    bench.serve(mswitch, { handler: did })
    const calls = client(mswitch)
    expect(await calls.call(QUEUE, 'é', { timeout: 120 })).toBe('did é')
    await until(() => mswitch.contents('smapiv3:4242').length === 0)
    expect(mswitch.transcript.map(({ request }) => request)).toContain(`POST /request/${QUEUE}/smapiv3:4242`)
    await calls.close()
    await until(() => !mswitch.list().includes('smapiv3:4242'))
    expect(mswitch.violations).toEqual([])
  })

  test('answers find their calls, in whatever order they come', async () => {
    const mswitch = await bench.switch()
    const desk = new Desk()
    bench.serve(mswitch, { handler: desk.handler })
    const caller = client(mswitch)
    const calls = ['a', 'b', 'c'].map((payload) => caller.call(QUEUE, payload, { timeout: 120 }))
    for (const payload of ['c', 'a', 'b']) await desk.answer(payload)
    expect(await Promise.all(calls)).toEqual(['did a', 'did b', 'did c'])
  })

  test('an answer that overtakes the number of its request is not lost', async () => {
    const mswitch = await bench.switch()
    mswitch.inject({ matching: /POST .request/, delayAnswer: 0.1 })
    bench.serve(mswitch, { handler: did })
    expect(await client(mswitch).call(QUEUE, 'a', { timeout: 120 })).toBe('did a')
  })

  test('a queue that nobody serves: the call ends in time, and the request is withdrawn', async () => {
    const mswitch = await bench.switch()
    const call = client(mswitch).call('org.xen.xapi.rrd', 'x', { timeout: 0.2 })
    await expect(call).rejects.toMatchObject({ reason: 'timed out', message: expect.stringContaining('rrd') })
    await until(() => mswitch.list().includes('org.xen.xapi.rrd') && mswitch.contents('org.xen.xapi.rrd').length === 0)
  })

  test('without a switch the call ends in time', async () => {
    const mswitch = await bench.switch()
    await mswitch.down()
    const caller = client(mswitch)
    await expect(caller.call(QUEUE, 'x', { timeout: 0.2 })).rejects.toMatchObject({ reason: 'timed out' })
    await expect(caller.list('')).rejects.toMatchObject({ reason: 'connection lost' })
  })

  test('a call waits for a switch that comes', async () => {
    const mswitch = await bench.switch()
    await mswitch.down()
    bench.serve(mswitch, { handler: did })
    const call = client(mswitch).call(QUEUE, 'x', { timeout: 120 })
    await mswitch.up()
    expect(await call).toBe('did x')
  })

  test('a call during which the switch dies fails, the next one is answered', async () => {
    const mswitch = await bench.switch()
    const caller = client(mswitch)
    const lost = caller.call('org.nobody', 'x', { timeout: 120 })
    await until(() => mswitch.contents('org.nobody').length === 1)
    await Promise.all([expect(lost).rejects.toMatchObject({ reason: 'connection lost' }), mswitch.restart()])
    bench.serve(mswitch, { handler: did })
    expect(await caller.call(QUEUE, 'x', { timeout: 120 })).toBe('did x')
  })

  test('close fails what is not answered, and what comes after', async () => {
    const mswitch = await bench.switch()
    const caller = client(mswitch)
    const call = caller.call('org.nobody', 'x', { timeout: 120 })
    await until(() => mswitch.contents('org.nobody').length === 1)
    await Promise.all([expect(call).rejects.toMatchObject({ reason: 'closed' }), caller.close()])
    await expect(caller.call('org.nobody', 'x', { timeout: 120 })).rejects.toMatchObject({ reason: 'closed' })
    await until(() => mswitch.connections === 0)
  })

  test('names that the switch would read otherwise are refused', async () => {
    const mswitch = await bench.switch()
    await expect(client(mswitch).call('a/b', 'x', { timeout: 120 })).rejects.toMatchObject({ reason: 'bad name' })
    expect(() => new SwitchClient({ socketPath: 'x', token: 'a%b' })).toThrow(/cannot name a queue/)
  })
})

describe('a client asks', () => {
  test('list names the queues of a prefix, alive those that have been waited on', async () => {
    const mswitch = await bench.switch()
    await bench.serve(mswitch, { handler: did }).ready
    mswitch.create('org.xen.xapi.storage.unserved')
    const caller = client(mswitch)
    expect(await caller.list('org.xen.xapi.storage')).toEqual(
      expect.arrayContaining([QUEUE, 'org.xen.xapi.storage.unserved']),
    )
    expect(await caller.alive('org.xen.xapi.storage')).toEqual([QUEUE])
    expect(await caller.list('com')).toEqual([])
  })
})

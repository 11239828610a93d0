import { describe, expect, test } from 'vitest'
import { expectNothingLeft, io, nbdUriOf } from '../support/datapath.ts'
import { lacks } from '../support/needs.ts'
import { imageDisks, imageHolds, withoutDaemon } from './image-disks.ts'
import { killDaemons } from './networked.ts'

/** Calls in any order: how many, and which. A failure is repeated by the seed in its title. */
const STEPS = Number(process.env.SMAPIV3_LIFE_CYCLE_STEPS ?? 30)
const SEED = Number(process.env.SMAPIV3_LIFE_CYCLE_SEED ?? 1)

const DOMAINS = ['1', 'u0_2'] as const
const METHODS = ['attach', 'activate', 'activate_readonly', 'deactivate', 'detach'] as const
type Method = (typeof METHODS)[number]
type Domain = (typeof DOMAINS)[number]
type State = 'detached' | 'attached' | 'activated' | 'activated read-only'

/** What a call makes of a domain's state (script protocol, section 11); undefined where it is an error. */
function after(method: Method, state: State, other: State): State | undefined {
  switch (method) {
    case 'attach':
      return state === 'detached' ? 'attached' : state
    case 'activate':
    case 'activate_readonly':
      // As long as the disk is there, it is as if the domain's record had been lost.
      if (state === 'detached' && other === 'detached') return undefined
      if (state === 'activated') return state
      if (method === 'activate_readonly') return 'activated read-only'
      return state === 'activated read-only' ? undefined : 'activated'
    case 'deactivate':
      return state === 'detached' ? state : 'attached'
    case 'detach':
      return 'detached'
  }
}

describe.skipIf(withoutDaemon)('two domains call in any order', () => {
  const it = imageDisks()

  test(
    `in a daemon that is killed now and then, ${STEPS} calls of seed ${SEED}`,
    async () => {
      const { path, uri } = it.image('qcow2')
      const random = generator(SEED)
      const states: Record<Domain, State> = { '1': 'detached', u0_2: 'detached' }
      let nbd: string | undefined
      let written = 0
      for (let step = 1; step <= STEPS; step++) {
        const domain = DOMAINS[random(DOMAINS.length)] ?? '1'
        const method = METHODS[random(METHODS.length)] ?? 'attach'
        const other = states[domain === '1' ? 'u0_2' : '1']
        const expected = after(method, states[domain], other)
        const what = `call ${step}: ${method} for ${domain}, ${states[domain]}, beside ${other}`
        const killed = random(6) === 0
        if (killed) await killDaemons(it.plugin.runDirectory)
        // What a daemon had for the other domain is gone with it, and with it what could be adopted.
        const adopting = killed && states[domain] === 'detached' && method.startsWith('activate')
        const { answer, error } = await outcome(it, method, uri, domain)
        if (adopting && answer === 'LifeCycleError') continue
        expect(answer, `${what}: ${error}`).toBe(expected === undefined ? 'LifeCycleError' : 'done')
        if (expected !== undefined) states[domain] = expected
        if (Object.values(states).every((state) => state === 'detached')) expectNothingLeft(it.plugin)
        else if (killed) await it.attach(uri, states['1'] === 'detached' ? 'u0_2' : '1')
        if (method !== 'attach') continue
        nbd ??= nbdUriOf(await it.attach(uri, domain))
        if (Object.values(states).includes('activated')) {
          await io(nbd, [`write -P ${++written} 1M 64k`, 'flush'])
        } else if (!Object.values(states).includes('activated read-only')) {
          await expect(io(nbd, ['read 1M 64k']), what).rejects.toThrow()
        }
      }
      for (const domain of DOMAINS) await it.leave(uri, domain)
      expectNothingLeft(it.plugin)
      imageHolds(path, 'qcow2', [`read -P ${written} 1M 64k`])
    },
    20_000 * STEPS,
  )

  test.skipIf(lacks('loop devices', 'losetup'))(
    `on a loop device of the kernel, ${STEPS} calls of seed ${SEED}`,
    async () => {
      const { uri } = it.image('raw')
      const random = generator(SEED)
      const states: Record<Domain, State> = { '1': 'detached', u0_2: 'detached' }
      for (let step = 1; step <= STEPS; step++) {
        const domain = DOMAINS[random(DOMAINS.length)] ?? '1'
        const method = METHODS[random(METHODS.length)] ?? 'attach'
        const other = states[domain === '1' ? 'u0_2' : '1']
        const expected = after(method, states[domain], other)
        const what = `call ${step}: ${method} for ${domain}, ${states[domain]}, beside ${other}`
        const { answer, error } = await outcome(it, method, uri, domain)
        expect(answer, `${what}: ${error}`).toBe(expected === undefined ? 'LifeCycleError' : 'done')
        if (expected !== undefined) states[domain] = expected
      }
    },
    20_000 * STEPS,
  )
})

async function outcome(
  it: ReturnType<typeof imageDisks>,
  method: Method,
  uri: string,
  domain: Domain,
): Promise<{ readonly answer: string; readonly error?: unknown }> {
  try {
    // By the harness, which takes away what a test attached.
    if (method === 'attach') await it.attach(uri, domain)
    else await it.plugin.call(`Datapath.${method}`, { uri, domain })
    return { answer: 'done' }
  } catch (error) {
    const [, name] = /"params":\["(\w+)"/.exec(String(error)) ?? []
    return { answer: name ?? 'another error', error }
  }
}

/** Numbers below a limit, always the same for a seed (a linear congruential generator). */
function generator(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

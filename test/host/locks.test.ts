import { expect, test } from 'vitest'
import { Locks, type Overlap } from '../../src/host/locks.ts'

/** A holder that tells when it starts and ends when told to. */
function holder(locks: Locks, log: string[], label: string, name: string, overlap: Overlap, signal?: AbortSignal) {
  const end = deferred()
  const done = locks.hold(
    [{ name, overlap }],
    async () => {
      log.push(`${label} starts`)
      await end.promise
      log.push(`${label} ends`)
    },
    signal,
  )
  return { end: () => end.resolve(), done }
}

function deferred() {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('exclusive holders run one after the other, in the order they came', async () => {
  const locks = new Locks()
  const log: string[] = []
  const holders = ['a', 'b', 'c'].map((label) => holder(locks, log, label, 'v', 'exclusive'))
  for (const { end, done } of holders) {
    await settled()
    end()
    await done
  }
  expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends'])
})

test('sharing holders run together, and a waiting exclusive one is not overtaken', async () => {
  const locks = new Locks()
  const log: string[] = []
  const one = holder(locks, log, 'one', 'v', 'shared')
  const two = holder(locks, log, 'two', 'v', 'shared')
  const alone = holder(locks, log, 'alone', 'v', 'exclusive')
  const late = holder(locks, log, 'late', 'v', 'shared')
  await settled()
  expect(log).toEqual(['one starts', 'two starts'])
  one.end()
  two.end()
  await one.done
  await two.done
  await settled()
  expect(log.at(-1)).toBe('alone starts')
  alone.end()
  await alone.done
  late.end()
  await late.done
  expect(log.slice(-3)).toEqual(['alone ends', 'late starts', 'late ends'])
})

test('different things do not wait for each other', async () => {
  const locks = new Locks()
  const log: string[] = []
  const stuck = holder(locks, log, 'stuck', 'one', 'exclusive')
  const other = holder(locks, log, 'other', 'two', 'exclusive')
  other.end()
  await other.done
  expect(log).toContain('other ends')
  stuck.end()
  await stuck.done
})

test('who gives up waiting lets the next one in, and has not run', async () => {
  const locks = new Locks()
  const log: string[] = []
  const cancel = new AbortController()
  const first = holder(locks, log, 'first', 'v', 'shared')
  const impatient = holder(locks, log, 'impatient', 'v', 'exclusive', cancel.signal)
  const next = holder(locks, log, 'next', 'v', 'shared')
  await settled()
  cancel.abort(new Error('enough'))
  await expect(impatient.done).rejects.toMatchObject({ kind: 'CANCELLED', cause: new Error('enough') })
  next.end()
  await next.done
  expect(log).toEqual(['first starts', 'next starts', 'next ends'])
  first.end()
  await first.done
})

test('a thing wanted twice is held once, and two callers that want the same things in another order both end', async () => {
  const locks = new Locks()
  const wants = (names: string[]) => names.map((name) => ({ name, overlap: 'exclusive' as const }))
  const pause = async () => void (await settled())
  await Promise.all([
    locks.hold(wants(['a', 'b', 'a']), pause),
    locks.hold(wants(['b', 'a']), pause),
    locks.hold([{ name: 'a', overlap: 'shared' }, ...wants(['a'])], pause),
  ])
})

test('a body that throws lets go', async () => {
  const locks = new Locks()
  const want = [{ name: 'v', overlap: 'exclusive' as const }]
  await expect(locks.hold(want, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await locks.hold(want, async () => 'free')).toBe('free')
})

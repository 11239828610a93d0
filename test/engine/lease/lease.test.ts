/** Locks between hosts: each host is a run directory of its own, all of them share one directory. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { holderText, parseHolder } from '../../../src/engine/lease/holder.ts'
import { LEASES } from '../../../src/engine/lease/lease.ts'
import { RUN_DIRECTORY_VARIABLE } from '../../../src/engine/run-directory.ts'
import { eventually } from '../../support/servers/eventually.ts'

const SECONDS_VARIABLE = 'SMAPIV3_LEASE_SECONDS'
const CONTENDER = join(import.meta.dirname, 'contender.ts')

let scratch: Awaited<ReturnType<typeof dir>>
let lock: string
const children: ChildProcess[] = []

beforeEach(async () => {
  scratch = await dir({ unsafeCleanup: true, prefix: 'smapiv3-lease-' })
  lock = join(scratch.path, 'a.lock')
})

afterEach(async () => {
  delete process.env[RUN_DIRECTORY_VARIABLE]
  delete process.env[SECONDS_VARIABLE]
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await scratch.cleanup()
})

/** Makes this process one of a host. */
function on(host: string): typeof LEASES {
  process.env[RUN_DIRECTORY_VARIABLE] = join(scratch.path, host)
  return LEASES
}

/** Starts a process on a host. */
function start(host: string, ...args: readonly string[]): ChildProcess {
  return startIn(scratch.path, host, ...args)
}

/** The same with the lock in another directory. */
function startIn(directory: string, host: string, ...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', CONTENDER, directory, ...args], {
    env: { ...process.env, [RUN_DIRECTORY_VARIABLE]: join(scratch.path, host) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  return child
}

/** The lock of a process of another host, which is beyond doubt dead. */
function deadLock(path = lock): void {
  mkdirSync(path)
  writeFileSync(join(path, 'holder'), holderText({ host: randomUUID(), token: randomUUID(), seconds: 1, count: 7 }))
}

const holder = () => parseHolder(readFileSync(join(lock, 'holder'), 'utf8'))

describe('a lock', () => {
  test('is a directory that names its holder, and goes when it is given back', async () => {
    const held = await on('one').lock(lock)
    expect(holder()?.seconds).toBe(30)
    held.release()
    expect(existsSync(lock)).toBe(false)
    // Once more does no harm to who has it now.
    const again = await on('two').lock(lock)
    held.release()
    expect(existsSync(lock)).toBe(true)
    again.remove()
    expect(readdirSync(scratch.path).sort()).toEqual(['one', 'two'])
  })

  test('that another host has is not had, and had when that gives it back', async () => {
    const held = await on('one').lock(lock)
    expect(await on('two').tryLock(lock)).toBeUndefined()
    const waiting = on('two').lock(lock)
    held.release()
    const got = await waiting
    expect(await on('one').tryLock(lock)).toBeUndefined()
    got.release()
  })

  test('stays with a holder that lives, however long a waiter waits', async () => {
    // On a busy machine, a holder that lives is silent for seconds.
    process.env[SECONDS_VARIABLE] = '10'
    on('two')
    const holdings = ['idle', 'steps', 'work'].map(async (way) => {
      const directory = join(scratch.path, way)
      const path = join(directory, 'a.lock')
      mkdirSync(directory)
      const child = startIn(directory, 'one', way)
      if (child.stdout !== null) await once(child.stdout, 'data')
      const countOf = () => parseHolder(readFileSync(join(path, 'holder'), 'utf8'))?.count ?? 0
      const first = countOf()
      let got = false
      const waiting = Promise.resolve(LEASES.lock(path)).then((held) => {
        got = true
        return held
      })
      // More signs of life than there are within the seconds.
      await eventually(() => countOf() >= first + 9, `the holder (${way}) gives signs of life`, 60_000)
      expect(got, way).toBe(false)
      child.kill('SIGKILL')
      ;(await waiting).release()
      expect(existsSync(path), way).toBe(false)
    })
    for (const outcome of await Promise.allSettled(holdings)) if (outcome.status === 'rejected') throw outcome.reason
  })

  test('shows signs of life beside others of its process, and after another one was given back', async () => {
    process.env[SECONDS_VARIABLE] = '5'
    const others = ['b.lock', 'c.lock'].map((name) => join(scratch.path, name))
    const countOf = (path: string) => parseHolder(readFileSync(join(path, 'holder'), 'utf8'))?.count ?? 0
    const first = await on('one').lock(lock)
    const held = []
    for (const other of others) held.push(await on('one').lock(other))
    await eventually(() => [lock, ...others].every((path) => countOf(path) > 0), 'all give signs of life', 60_000)
    first.release()
    const before = others.map(countOf)
    await eventually(
      () => others.every((path, index) => countOf(path) > (before[index] ?? 0) + 1),
      'they go on',
      60_000,
    )
    expect(existsSync(lock)).toBe(false)
    for (const each of held) each.release()
    expect(others.some((path) => existsSync(path))).toBe(false)
  })

  test('is held by one at a time of four processes on two hosts', async () => {
    const [times, processes] = [8, 4]
    writeFileSync(join(scratch.path, 'count'), '0')
    const ends = Array.from({ length: processes }, (_, index) => {
      const child = start(`host ${index % 2}`, String(times))
      return once(child, 'exit')
    })
    expect(await Promise.all(ends)).toEqual(ends.map(() => [0, null]))
    expect(readFileSync(join(scratch.path, 'count'), 'utf8')).toBe(String(times * processes))
    expect(existsSync(lock)).toBe(false)
  })
})

describe('what a dead process left', () => {
  test('of this host is had at once', async () => {
    const child = start('one', 'idle')
    if (child.stdout !== null) await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(holder()).toBeDefined()
    const held = await on('one').tryLock(lock)
    expect(held).toBeDefined()
    held?.release()
    expect(existsSync(lock)).toBe(false)
  })

  test('of another host is had after the silence that it allows, also by processes that only try', async () => {
    deadLock()
    let held: Awaited<ReturnType<typeof LEASES.tryLock>>
    let tries = 0
    await eventually(async () => {
      tries++
      held = await on('one').tryLock(lock)
      return held !== undefined
    }, 'the dead holder is noticed')
    expect(tries).toBeGreaterThan(1)
    held?.release()
    deadLock()
    held = await on('one').lock(lock)
    expect(holder()?.count).not.toBe(7)
    held.release()
    expect(existsSync(lock)).toBe(false)
  })

  test('at any step of taking a lock is had in the end, and leaves nothing', async () => {
    const states: Readonly<Record<string, (path: string) => void>> = {
      'before it wrote who it is': (path) => mkdirSync(path),
      'with its file still empty'(path) {
        mkdirSync(path)
        writeFileSync(join(path, 'holder'), '')
      },
      'while it took over'(path) {
        deadLock(path)
        mkdirSync(join(path, 'taking'))
      },
      'while it took over what had no holder'(path) {
        mkdirSync(join(path, 'taking'), { recursive: true })
        writeFileSync(join(path, 'holder'), '')
      },
    }
    on('one')
    await Promise.all(
      Object.entries(states).map(async ([state, leave]) => {
        const path = join(scratch.path, `${state}.lock`)
        leave(path)
        const held = await LEASES.lock(path)
        expect(parseHolder(readFileSync(join(path, 'holder'), 'utf8')), state).toBeDefined()
        expect(existsSync(join(path, 'taking')), state).toBe(false)
        held.release()
        expect(existsSync(path), state).toBe(false)
      }),
    )
  })
})

describe('a holder whose lock was taken', () => {
  test('does not go on', async () => {
    process.env[SECONDS_VARIABLE] = '1'
    const child = start('one', 'idle')
    const exit = once(child, 'exit')
    if (child.stdout !== null) await once(child.stdout, 'data')
    const other = holderText({ host: randomUUID(), token: randomUUID(), seconds: 1, count: 0 })
    // Again and again: a sign of life that had begun may come after the first.
    const taking = setInterval(() => writeFileSync(join(lock, 'holder'), other), 50)
    try {
      expect(await exit).toEqual([null, 'SIGKILL'])
    } finally {
      clearInterval(taking)
    }
  })

  test('does not go on either where it was busy all the time', async () => {
    process.env[SECONDS_VARIABLE] = '1'
    const child = start('one', 'late')
    const exit = once(child, 'exit')
    if (child.stdout !== null) await once(child.stdout, 'data')
    writeFileSync(join(lock, 'holder'), holderText({ host: randomUUID(), token: randomUUID(), seconds: 1, count: 0 }))
    writeFileSync(join(scratch.path, 'go'), '')
    expect(await exit).toEqual([null, 'SIGKILL'])
    expect(existsSync(join(scratch.path, 'count'))).toBe(false)
  })

  test('leaves it to who has it now', async () => {
    // No sign of life during the test: this process would end.
    process.env[SECONDS_VARIABLE] = '900'
    const held = await on('one').lock(lock)
    const other = { host: randomUUID(), token: randomUUID(), seconds: 30, count: 0 }
    writeFileSync(join(lock, 'holder'), holderText(other))
    held.release()
    expect(holder()).toEqual(other)
  })
})

/** Plugins that hang, flood and fork: bounded time, bounded memory, and nothing left behind. */
import { getEventListeners } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DirectoryResult, dir } from 'tmp-promise'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PIPES } from '../../src/invoke/pipes.ts'
import { ask, double, errorOf, isAlive, pidIn, until } from './support.ts'

let directory: DirectoryResult
let pidFile: string

beforeEach(async () => {
  directory = await dir({ unsafeCleanup: true })
  pidFile = join(directory.path, 'pid')
})
afterEach(() => directory.cleanup())

/** Lets a script run out of time once it has written its pid: on a busy machine it is given longer until it has. */
async function overrun(behaviour: string, killGrace: number) {
  for (let deadline = 0.3; ; deadline *= 3) {
    const done = await ask(`${behaviour} ${pidFile}`, { deadline, killGrace })
    if (existsSync(pidFile)) return { ...done, deadline }
  }
}

describe('deadline', () => {
  test('a script that ignores SIGTERM is killed', async () => {
    const done = await overrun('stubborn', 1)
    expect(done).toMatchObject({ end: 'timed-out', signal: 'SIGKILL', exitStatus: null })
    expect(errorOf(done)).toMatchObject({ kind: 'SCRIPT_TIMED_OUT', exitStatus: 5 })
    expect(errorOf(done).message).toContain(`${done.deadline} s`)
    expect(isAlive(await pidIn(pidFile))).toBe(false)
  })

  test('a script may clean up, and still has timed out', async () => {
    const done = await overrun('polite', 60)
    expect(done).toMatchObject({ end: 'timed-out', exitStatus: 0, stderr: expect.stringContaining('ended\n') })
    expect(errorOf(done).kind).toBe('SCRIPT_TIMED_OUT')
  })

  test('what it forked is killed with it, also if that ignores SIGTERM and outlives it', async () => {
    const done = await overrun('forker', 1)
    expect(done).toMatchObject({ end: 'timed-out', signal: 'SIGTERM' })
    const grandchild = await pidIn(pidFile)
    await until(() => !isAlive(grandchild))
  })

  test('a process that not even SIGKILL ends does not hold the call, which names it', async () => {
    const beyondEveryPid = 2 ** 22 + 1
    const spawner = async () => ({ pid: beyondEveryPid, exited: new Promise<never>(() => undefined) })
    const done = await ask('result', { deadline: 0.05, killGrace: 0.05, spawner })
    expect(done).toMatchObject({ end: 'timed-out', exitStatus: null, signal: null })
    expect(errorOf(done).message).toMatch(`process ${beyondEveryPid} cannot be killed`)
  })

  test.each([0, 10 ** 9])('%d s do not end a call', async (deadline) => {
    expect((await ask('slow', { deadline })).outcome.ok).toBe(true)
  })
})

describe('cancelling', () => {
  test('before the start nothing is started', async () => {
    const done = await ask(`stubborn ${pidFile}`, { signal: AbortSignal.abort() })
    expect(done.end).toBe('cancelled')
    expect(errorOf(done)).toMatchObject({ kind: 'CANCELLED' })
    expect(readdirSync(directory.path)).toEqual([])
  })

  test('in the first moment, wherever the call is then', async () => {
    const controller = new AbortController()
    const call = ask(`stubborn ${pidFile}`, { signal: controller.signal, killGrace: 0.1 })
    queueMicrotask(() => controller.abort())
    expect(errorOf(await call).kind).toBe('CANCELLED')
  })

  test('while it runs the group is killed, and the signal is let go', async () => {
    const controller = new AbortController()
    const call = ask(`stubborn ${pidFile}`, { signal: controller.signal, killGrace: 0.1 })
    const pid = await pidIn(pidFile)
    controller.abort()
    expect(errorOf(await call).kind).toBe('CANCELLED')
    expect(isAlive(pid)).toBe(false)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })
})

describe('output', () => {
  test('over the limit the group is killed and the limit named', async () => {
    const done = await ask('flood', { outputLimit: 1_000_000, killGrace: 0.2 })
    expect(done.end).toBe('output-limit')
    expect(done.stdoutBytes).toBeLessThanOrEqual(1_000_000)
    expect(errorOf(done)).toMatchObject({ kind: 'SCRIPT_OUTPUT_TOO_LARGE' })
    expect(errorOf(done).message).toContain('1000000 bytes')
  })

  test('of exactly the limit is taken', async () => {
    expect((await ask('result', { outputLimit: 9 })).outcome.ok).toBe(true)
    expect(errorOf(await ask('result', { outputLimit: 8 })).kind).toBe('SCRIPT_OUTPUT_TOO_LARGE')
  })

  test('a flood of stderr is drained, and its beginning and end are kept', async () => {
    const before = process.memoryUsage().rss
    const done = await ask('flood-stderr')
    expect(done.outcome).toMatchObject({ ok: true, value: 'survived' })
    expect(done.stderr).toMatch(/^first\n/)
    expect(done.stderr).toMatch(/last\n$/)
    expect(done.stderr).toMatch(/\n… \d+ bytes left out …\n/)
    expect(done.stderr.length).toBeLessThan(66 * 1024)
    expect(process.memoryUsage().rss - before).toBeLessThan(80 * 1024 * 1024)
  })
})

describe('what stays in the background', () => {
  test('does not delay the call though it holds stdout, and lives on', async () => {
    const done = await ask(`background ${pidFile}`, { deadline: 30 })
    const pid = await pidIn(pidFile)
    expect(done).toMatchObject({ end: 'exited', outcome: { ok: true, value: 'started' } })
    expect(isAlive(pid)).toBe(true)
    process.kill(pid, 'SIGKILL')
    await until(() => !isAlive(pid))
  })

  test('and floods stdout is killed', async () => {
    const done = await ask(`background-flood ${pidFile}`, { outputLimit: 3_000_000, killGrace: 0.2 })
    expect(errorOf(done).kind).toMatch(/SCRIPT_OUTPUT_TOO_LARGE/)
    const pid = await pidIn(pidFile)
    await until(() => !isAlive(pid))
  })
})

describe('300 calls, 8 at a time', () => {
  const WISHES = ['result', 'error', 'bad-json', 'killed', 'fails-silently', 'nothing', 'echo', 'flood']

  test('leave no descriptor, child, timer or listener', async () => {
    await ask('result')
    await PIPES.close()
    await until(() => children().length === 0)
    const before = resources()
    let next = 0
    const caller = async () => {
      while (next < 300) {
        const number = next++
        const script = number % 50 === 0 ? double('missing-interpreter') : double('double.sh')
        const done = await ask(WISHES[number % WISHES.length] ?? '', { script, outputLimit: 100_000, killGrace: 0.2 })
        expect(done.outcome.ok || done.outcome.error.kind).not.toBe('INTERNAL')
      }
    }
    await Promise.all(Array.from({ length: 8 }, caller))
    await PIPES.close()
    await until(() => children().length === 0 && resources().descriptors <= before.descriptors)
    const after = resources()
    expect(after.descriptors).toBe(before.descriptors)
    expect(after.exitListeners).toBe(before.exitListeners)
    // The test runner has timers of its own, which come and go; calls that kept one each would have left 300.
    expect(after.active).toBeLessThan(before.active + 10)
  })

  function resources() {
    return {
      descriptors: readdirSync('/proc/self/fd').length,
      active: process.getActiveResourcesInfo().filter((kind) => /Timeout|Process|Pipe/.test(kind)).length,
      exitListeners: process.listenerCount('exit'),
    }
  }

  function children(): string[] {
    return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean)
  }
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { lock, lockBeside, tryLock, tryLockBeside, withLock } from '../../src/engine/lock.ts'
import { runTool } from '../../src/engine/tool.ts'

let path: string
let cleanup: () => Promise<void>

beforeEach(async () => {
  const temporary = await dir({ unsafeCleanup: true })
  cleanup = temporary.cleanup
  path = join(temporary.path, 'lock')
})
afterEach(() => cleanup())

/** A process that holds the lock, until it is told to give it back a moment later. */
async function holder() {
  const child = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo held; read -r end; exec sleep 0.5'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  await once(child.stdout, 'data')
  return { child, end: () => child.stdin.end('\n') }
}

describe('a lock', () => {
  test('is held by one at a time, also within a process', () => {
    const held = lock(path)
    expect(tryLock(path)).toBeUndefined()
    held.release()
    held.release()
    tryLock(path)?.release()
    expect(existsSync(path)).toBe(true)
  })

  test('excludes other processes, and is free when its holder dies', async () => {
    const { child } = await holder()
    expect(tryLock(path)).toBeUndefined()
    const exited = once(child, 'exit')
    process.kill(-(child.pid ?? Number.NaN), 'SIGKILL')
    await exited
    lock(path).release()
  })

  test('is waited for', async () => {
    const { end } = await holder()
    expect(tryLock(path)).toBeUndefined()
    end()
    expect(withLock(path, () => 'mine')).toBe('mine')
  })

  test('is taken beside other things that the process does, and excludes as any other does', async () => {
    const held = await lockBeside(path)
    expect([tryLock(path), await tryLockBeside(path)]).toEqual([undefined, undefined])
    let isMine = false
    const waiting = lockBeside(path).then((mine) => {
      isMine = true
      return mine
    })
    // Both attempts are processes; the second begins later, and fails all the same.
    expect(await tryLockBeside(path)).toBeUndefined()
    expect(isMine).toBe(false)
    held.remove()
    const mine = await waiting
    expect(existsSync(path)).toBe(true)
    mine.release()
    ;(await tryLockBeside(path))?.remove()
    expect(existsSync(path)).toBe(false)
  })

  test('is given back when the body throws', () => {
    expect(() =>
      withLock(path, () => {
        throw new Error('in the body')
      }),
    ).toThrow('in the body')
    tryLock(path)?.remove()
    expect(existsSync(path)).toBe(false)
  })

  test('that was removed while somebody waited does not count', async () => {
    const first = lock(path)
    const waiter = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', WAITER, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(waiter.stdout, 'data')
    first.remove()
    const second = lock(path)
    const exited = once(waiter, 'exit')
    second.release()
    expect((await exited)[0]).toBe(0)
    expect(existsSync(path)).toBe(true)
  })

  test('that a tool inherited is held until the tool is done', () => {
    const held = lock(path)
    runTool('flock', ['--nonblock', '3'], held.descriptor)
    expect(tryLock(path)).toBeUndefined()
    held.release()
  })
})

const WAITER = `
import { lock } from ${JSON.stringify(join(import.meta.dirname, '../../src/engine/lock.ts'))}
import { fstatSync, statSync } from 'node:fs'
const path = process.argv[1]
process.stdout.write('waiting\\n', () => {
  const held = lock(path)
  process.exitCode = fstatSync(held.descriptor).ino === statSync(path).ino ? 0 : 1
})
`

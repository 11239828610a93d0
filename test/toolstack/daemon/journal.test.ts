import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Journal } from '../../../src/toolstack/daemon/journal.ts'
import { scratch } from '../../support/scratch.ts'

function journal(state: string, logged: string[] = []): Journal {
  return new Journal(state, (level, _, message) => logged.push(`${level} ${message}`))
}

function key(number: number, payload = 'create') {
  return { queue: 'q', number, replyQueue: 'caller:1', payload }
}

const never = () => new Promise<string>(() => {})

test('tells the next daemon what was begun and what was answered, once', async () => {
  const state = scratch()
  const first = journal(state)
  await first.once(key(0), true, async () => 'answer')
  await first.once(key(1), false, async () => 'a password')
  void first.once(key(2), true, never)
  const next = journal(state)
  expect(next.former(key(0))).toEqual({ answer: 'answer' })
  expect(next.former(key(0))).toBeUndefined()
  expect(next.former(key(1))).toEqual({ answer: undefined })
  expect(next.former(key(2))).toEqual({ answer: undefined })
  expect(next.former(key(3))).toBeUndefined()
  expect(next.former(key(2, 'another'))).toBeUndefined()
  for (const name of readdirSync(join(state, 'journal')))
    expect(readFileSync(join(state, 'journal', name), 'utf8')).not.toContain('password')
})

test('survives daemons that die before they come to it, and torn lines', async () => {
  const state = scratch()
  await journal(state).once(key(0), true, async () => 'answer')
  appendFileSync(join(state, 'journal', 'current.ndjson'), '{"queue":"q","ke')
  journal(state)
  writeFileSync(join(state, 'journal', 'next.ndjson'), 'half')
  expect(journal(state).former(key(0))).toEqual({ answer: 'answer' })
})

test('forgets the numbers of a queue that counts anew', async () => {
  const state = scratch()
  await journal(state).once(key(0), true, async () => 'answer')
  const next = journal(state)
  next.forgetFormer('other')
  next.forgetFormer('q')
  expect(next.former(key(0))).toBeUndefined()
})

test('stays small, and keeps what is still open', async () => {
  const state = scratch()
  const first = journal(state)
  void first.once(key(0), true, never)
  const long = 'x'.repeat(100_000)
  for (let number = 1; number < 40; number += 1) await first.once(key(number), true, async () => long)
  const sizes = readdirSync(join(state, 'journal')).map((name) => statSync(join(state, 'journal', name)).size)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(3 * 1024 * 1024)
  const next = journal(state)
  expect(next.former(key(0))).toEqual({ answer: undefined })
  expect(next.former(key(39))).toEqual({ answer: long })
})

test('that cannot be written is told once and fails nothing', async () => {
  const state = scratch()
  const logged: string[] = []
  const first = journal(state, logged)
  rmSync(join(state, 'journal'), { recursive: true })
  writeFileSync(join(state, 'journal'), 'a file')
  expect(await first.once(key(0), true, async () => 'answer')).toBe('answer')
  expect(await first.once(key(1), true, async () => 'answer')).toBe('answer')
  expect(logged).toEqual([expect.stringContaining('error the journal cannot be written')])
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { deadlineOf, loadSettings, withoutSlowDeadlines } from '../../src/host/settings.ts'
import { scratch } from '../support/scratch.ts'

function load(text: string) {
  const path = join(scratch(), 'config.json')
  writeFileSync(path, text)
  return loadSettings({ SMAPIV3_CONFIG: path })
}

test('the most exact deadline counts, and 0 switches it off', () => {
  const settings = load('{"deadlines": {"a": {"Volume.copy": 0, "*": 5}, "*": {"Volume.copy": 7, "Volume.stat": 9}}}')
  expect(deadlineOf(settings, 'a', 'Volume.copy')).toBe(0)
  expect(deadlineOf(settings, 'a', 'Volume.stat')).toBe(5)
  expect(deadlineOf(settings, 'b', 'Volume.copy')).toBe(7)
  expect(deadlineOf(settings, 'b', 'Volume.set')).toBe(300)
})

describe('a daemon', () => {
  test('gives methods that may take an hour no deadline', () => {
    const settings = withoutSlowDeadlines(load('{}'))
    expect(deadlineOf(settings, 'p', 'Volume.create')).toBe(0)
    expect(deadlineOf(settings, 'p', 'SR.destroy')).toBe(0)
    expect(deadlineOf(settings, 'p', 'Volume.stat')).toBe(300)
  })

  test('keeps every deadline that the operator gave', () => {
    const one = withoutSlowDeadlines(load('{"deadlines": {"*": {"Volume.create": 60}, "p": {"SR.destroy": 5}}}'))
    expect(deadlineOf(one, 'p', 'Volume.create')).toBe(60)
    expect(deadlineOf(one, 'p', 'SR.destroy')).toBe(5)
    expect(deadlineOf(one, 'p', 'Volume.snapshot')).toBe(0)
    const all = withoutSlowDeadlines(load('{"deadlines": {"*": {"*": 30}}}'))
    expect(deadlineOf(all, 'p', 'Volume.snapshot')).toBe(30)
  })
})

test.each([
  ['{', 'is not JSON'],
  ['[]', 'must hold a JSON object'],
  ['{"deadline": {}}', 'there is no setting "deadline"'],
  ['{"deadlines": {"*": {"Volume.stet": 1}}}', 'deadlines must map'],
  ['{"deadlines": {"*": {"Volume.stat": -1}}}', 'deadlines must map'],
  ['{"environment": {"pass": "PATH"}}', 'environment must be'],
  ['{"output_limit": 0}', 'output_limit must be'],
  ['{"trace_limit": 1.5}', 'trace_limit must be'],
])('%s is a fault of the configuration', (text, message) => {
  expect(() => load(text)).toThrow(
    expect.objectContaining({ kind: 'BAD_CONFIGURATION', exitStatus: 2, message: expect.stringContaining(message) }),
  )
})

test('a file that was named and is not there is one too; the default file need not be there', () => {
  expect(() => loadSettings({ SMAPIV3_CONFIG: '/nonexistent' })).toThrow(
    expect.objectContaining({ kind: 'BAD_CONFIGURATION' }),
  )
  expect(loadSettings({})).toMatchObject({ trace_limit: expect.any(Number) })
})

/** The suite does no harm, and none is done to it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runConformance } from '../../src/conformance/index.ts'
import { Random } from '../../src/conformance/random.ts'
import { Resources } from '../../src/conformance/resources.ts'
import { installPair } from '../plugins/good/install.ts'
import { lacks } from '../support/needs.ts'
import { withScratch } from '../support/scratch.ts'
import { shellPlugin } from './support.ts'

const LONG = 1_200_000

describe('a plugin that misbehaves in every method is judged in bounded time:', () => {
  test.each([
    { does: 'hangs', script: 'exec sleep 10000', breaks: 'PRO-TIME-001', timeout: 1 },
    {
      does: 'hangs and ignores SIGTERM',
      script: "trap '' TERM; while :; do sleep 1; done",
      breaks: 'PRO-TIME-001',
      timeout: 1,
    },
    { does: 'floods', script: 'exec yes', breaks: 'PRO-STDOUT-002' },
    { does: 'prints no JSON', script: 'echo ok', breaks: 'PRO-STDOUT-001' },
    { does: 'forks', script: 'sleep 30 & echo "\\"handle\\""', breaks: 'SR-CREATE-001' },
    { does: 'kills itself', script: 'kill -9 $$', breaks: 'PRO-EXIT-002' },
  ])('$does', { timeout: LONG }, ({ script, breaks, timeout = 60 }) =>
    withScratch(async (directory) => {
      const plugin = shellPlugin(directory, script)
      const report = await runConformance({
        directory: plugin,
        configuration: { path: '{sr}' },
        timeout,
        level: 'must',
      })
      expect(report.verdict.conforms).toBe(false)
      const failed = report.clauses.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)
      expect(failed).toContain(breaks)
      expect(report.clauses.filter(({ outcome }) => outcome === 'follows').length).toBeGreaterThan(50)
    }),
  )
})

describe.skipIf(lacks('loop devices', 'losetup', 'jq'))('on a plugin that works', () => {
  const some = ['SR-LS', 'VOL-SET', 'VOL-SNAPSHOT-001', 'SR-DETACH', 'DP-ATTACH-001']

  test('what others have made stays, and nothing of the suite does', { timeout: LONG }, () =>
    withScratch(async (directory) => {
      const pair = await installPair(directory, 'sh')
      const srs = join(directory, 'srs')
      mkdirSync(join(srs, 'foreign'), { recursive: true })
      writeFileSync(join(srs, 'foreign', 'disk'), 'precious')
      const report = await runConformance({
        directory: pair.volume,
        datapaths: [pair.datapath],
        configuration: { path: join(srs, '{sr}') },
        only: some,
      })
      expect(report.verdict.conforms).toBe(true)
      expect(report.left).toEqual([])
      expect(readdirSync(srs)).toEqual(['foreign'])
      expect(readFileSync(join(srs, 'foreign', 'disk'), 'utf8')).toBe('precious')
    }),
  )

  test('an interrupted run removes what it made, and gives no verdict', { timeout: LONG }, () =>
    withScratch(async (directory) => {
      const pair = await installPair(directory, 'sh')
      const srs = join(directory, 'srs')
      mkdirSync(srs)
      const controller = new AbortController()
      let hadSr = false
      const report = await runConformance({
        directory: pair.volume,
        datapaths: [pair.datapath],
        configuration: { path: join(srs, '{sr}') },
        signal: controller.signal,
        onProgress: ({ id }) => {
          if (!id.startsWith('SR-') && !id.startsWith('VOL-')) return
          hadSr ||= readdirSync(srs).length > 0
          if (hadSr) controller.abort()
        },
      })
      expect(hadSr).toBe(true)
      expect(report.interrupted).toBe(true)
      expect(report.verdict.conforms).toBe(false)
      expect(report.verdict.text).toContain('interrupted')
      expect(report.left).toEqual([])
      expect(readdirSync(srs)).toEqual([])
    }),
  )

  test('with keep it says what it left', { timeout: LONG }, () =>
    withScratch(async (directory) => {
      const pair = await installPair(directory, 'sh')
      const srs = join(directory, 'srs')
      mkdirSync(srs)
      const report = await runConformance({
        directory: pair.volume,
        configuration: { path: join(srs, '{sr}') },
        only: ['VOL-CREATE-001'],
        keep: true,
      })
      expect(report.left.some((what) => what.startsWith('the SR '))).toBe(true)
      expect(readdirSync(srs).length).toBeGreaterThan(0)
    }),
  )
})

test('resources are removed last-in first-out, and what fails keeps none of the others', async () => {
  const removed: string[] = []
  const resources = new Resources()
  const add = (name: string, fails = false) =>
    resources.add({
      name,
      remove: async () => {
        if (fails) throw new Error('busy')
        removed.push(name)
      },
    })
  add('first')
  add('second', true)
  const forget = add('third')
  add('fourth')
  forget()
  expect(await resources.removeAll()).toEqual(['second: busy'])
  expect(removed).toEqual(['fourth', 'first'])
})

test('random choices follow from the seed and the check, and from nothing else', () => {
  const draw = (seed: number, check: string) => {
    const random = new Random(seed, check)
    return Array.from({ length: 20 }, () => random.integer(0, 1_000_000))
  }
  expect(draw(1, 'DP-STATE-001')).toEqual(draw(1, 'DP-STATE-001'))
  expect(draw(1, 'DP-STATE-001')).not.toEqual(draw(2, 'DP-STATE-001'))
  expect(draw(1, 'DP-STATE-001')).not.toEqual(draw(1, 'ROB-KILL-001'))
})

test('a plugin that is not there is an error of the caller', async () => {
  await expect(runConformance({ directory: '/nonexistent/volume.d/org.xen.xapi.storage.demo' })).rejects.toMatchObject({
    kind: expect.stringMatching(/NO_SUCH_PLUGIN|PLUGIN_REJECTED/),
  })
  expect(existsSync('/nonexistent')).toBe(false)
})

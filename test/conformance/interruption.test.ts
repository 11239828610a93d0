/** Whenever a run or a check is interrupted, what was made is removed, or the report names it. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ConformanceOptions, type Report, runConformance } from '../../src/conformance/index.ts'
import { Random } from '../../src/conformance/random.ts'
import type { MethodName } from '../../src/contract/methods.ts'
import { installPair, type Pair } from '../plugins/good/install.ts'
import { installTwin, type Replacement } from '../plugins/twins/twin.ts'
import { expectEventually } from '../support/datapath.ts'
import { loopsBelow } from '../support/loops.ts'
import { lacks } from '../support/needs.ts'
import { withScratch } from '../support/scratch.ts'

const LONG = 1_200_000

/** How often a run is interrupted; SMAPIV3_INTERRUPTIONS raises it for a long run. */
const TIMES = Number(process.env.SMAPIV3_INTERRUPTIONS ?? 10)
/** Calls after which a run is interrupted, at most: by then SRs, volumes, copies and disks are made and removed in parallel. */
const CALLS = 50
/** Clauses that are judged by more calls than that: on SRs of their own, on copies in an SR that they share, on disks. */
const GROUPS: readonly [readonly string[], ...(readonly string[])[]] = [
  ['SR-SECOND', 'SR-DESTROY', 'SR-CREATE', 'SR-DETACH'],
  ['VOL-SNAPSHOT', 'VOL-CLONE', 'VOL-RESIZE', 'ROB-CONC-001'],
  ['DATA-SNAPSHOT', 'DATA-CLONE', 'DATA-KEEP', 'DP-STATE'],
  ['ROB-KILL', 'ROB-CONC'],
]
/** Milliseconds after the start of a call, of which most take some twenty to a hundred. */
const INTO_CALL = 80

interface Place {
  readonly srs: string
  readonly options: ConformanceOptions
}

function placeOf(directory: string, pair: Pair): Place {
  const srs = join(directory, 'srs')
  mkdirSync(srs)
  const configuration = { path: join(srs, '{sr}') }
  return { srs, options: { directory: pair.volume, datapaths: [pair.datapath], configuration, seed: 1 } }
}

/** Runs, and interrupts the run some milliseconds after a call begins for which `when` holds. */
async function interrupted(
  options: ConformanceOptions,
  when: (method: MethodName, calls: number) => boolean,
  milliseconds: number,
): Promise<Report> {
  const controller = new AbortController()
  let calls = 0
  const report = await runConformance({
    ...options,
    signal: controller.signal,
    onCall: (method) => {
      calls += 1
      if (when(method, calls)) setTimeout(() => controller.abort(new Error('interrupted by a test')), milliseconds)
    },
  })
  expect(report.interrupted).toBe(true)
  expect(report.verdict.conforms).toBe(false)
  return report
}

describe.skipIf(lacks('loop devices', 'losetup', 'jq'))('an interruption', () => {
  const random = new Random(7, 'interruptions')
  const instants = Array.from({ length: TIMES }, () => ({
    call: random.integer(1, CALLS),
    only: random.pick(GROUPS),
    milliseconds: random.integer(0, INTO_CALL),
  }))

  test.each(instants)(
    '$milliseconds ms into call $call of $only.0… leaves nothing',
    { timeout: LONG },
    ({ call, milliseconds, only }) =>
      withScratch(async (directory) => {
        const { srs, options } = placeOf(directory, await installPair(directory, 'sh'))
        const report = await interrupted({ ...options, only }, (_, calls) => calls === call, milliseconds)
        expect(report.left).toEqual([])
        expect(readdirSync(srs)).toEqual([])
        expectEventually(() => loopsBelow(directory), 'loop devices')
      }),
  )

  const MKDIR = '    mkdir -p "$sr"\n    lock "$sr/lock"'
  const LOCK = '    round_size "$size"\n    lock "$sr/lock"\n    read -r key </proc/sys/kernel/random/uuid'
  const once = (file: string) => `[ -e ${file} ] || { : >${file}; sleep 10000; }`
  const cases: readonly {
    what: string
    method: MethodName
    edit: (directory: string) => Replacement
    left?: RegExp
    timeout?: number
  }[] = [
    {
      what: 'lets SR.create end, and removes what it made',
      method: 'SR.create',
      edit: () => ['volume', MKDIR, `    sleep 1\n${MKDIR}`],
    },
    {
      what: 'lets Volume.create end, and removes what it made',
      method: 'Volume.create',
      edit: () => ['volume', LOCK, `${LOCK}\n    sleep 1`],
    },
    {
      what: 'kills an SR.create that does not end, and removes what it made by half',
      method: 'SR.create',
      edit: (directory) => ['volume', MKDIR, `${MKDIR}\n    ${once(join(directory, 'hung'))}`],
    },
    {
      what: 'kills a Volume.create that does not end, and removes what it made by half',
      method: 'Volume.create',
      edit: (directory) => ['volume', LOCK, `${LOCK}\n    : >"$sr/$key.img"; ${once(join(directory, 'hung'))}`],
    },
    {
      what: 'names an SR whose SR.create never ends',
      method: 'SR.create',
      edit: () => ['volume', MKDIR, `${MKDIR}\n    sleep 10000`],
      timeout: 10,
      left: /^the SR [0-9a-f-]{36} .*SR\.create/,
    },
  ]

  test.each(cases)('$what', { timeout: LONG }, ({ method, edit, left, timeout = 30 }) =>
    withScratch(async (directory) => {
      const text = [edit(directory)]
      const pair = await installTwin(directory, { name: '', language: 'sh', breaks: 'SR-CREATE-001', text })
      const { srs, options } = placeOf(directory, pair)
      const some = { ...options, only: ['SR-LS-001', 'VOL-CREATE-001'], timeout }
      const report = await interrupted(some, (called) => called === method, 300)
      if (left === undefined) {
        expect(report.left).toEqual([])
        expect(readdirSync(srs)).toEqual([])
      } else {
        expect(report.left).toEqual([expect.stringMatching(left)])
      }
    }),
  )
})

describe.skipIf(lacks('loop devices', 'losetup', 'jq'))('nothing is forgotten', () => {
  test('of a check that takes too long', { timeout: LONG }, () =>
    withScratch(async (directory) => {
      const slow: Replacement = [
        'volume',
        '    round_size "$size"\n    lock',
        '    round_size "$size"\n    sleep 1\n    lock',
      ]
      const pair = await installTwin(directory, { name: '', language: 'sh', breaks: 'ROB-MANY-001', text: [slow] })
      const { srs, options } = placeOf(directory, pair)
      const report = await runConformance({ ...options, only: ['ROB-MANY-001'], checkTimeout: 3 })
      expect(report.clauses.find(({ id }) => id === 'ROB-MANY-001')).toMatchObject({
        outcome: 'failed',
        expected: 'the check ends within 3 s',
      })
      expect(report.left).toEqual([])
      expect(readdirSync(srs)).toEqual([])
    }),
  )

  test('and an SR that was there before, where SR.create is refused, is left alone', { timeout: LONG }, () =>
    withScratch(async (directory) => {
      const { srs, options } = placeOf(directory, await installPair(directory, 'sh'))
      const foreign = join(srs, 'foreign')
      mkdirSync(foreign)
      const record = JSON.stringify({ uuid: '11111111-2222-3333-4444-555555555555', name: 'foreign', description: '' })
      writeFileSync(join(foreign, 'sr.json'), record)
      const report = await runConformance({ ...options, configuration: { path: foreign }, only: ['SR-'] })
      expect(report.verdict.conforms).toBe(false)
      expect(report.left).toEqual([])
      expect(readFileSync(join(foreign, 'sr.json'), 'utf8')).toBe(record)
    }),
  )
})

/**
 * The suite on plugins of which it is known what is wrong: the good ones pass, and each broken twin fails on the clause that
 * it breaks, and on nothing else that does not follow from it.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { describe, expect, test } from 'vitest'
import {
  CLAUSES,
  type ClauseId,
  type ConformanceOptions,
  type Report,
  runConformance,
} from '../../src/conformance/index.ts'
import { installPair, type Language, type Pair } from '../plugins/good/install.ts'
import { installTwin, TWINS, type Twin } from '../plugins/twins/index.ts'
import { loopsBelow } from '../support/loops.ts'
import { lacks } from '../support/needs.ts'
import { withScratch } from '../support/scratch.ts'
import { eventually } from '../support/servers/eventually.ts'

/** Judges every clause on every twin, not only those near its fault. Takes an hour. */
const WHOLE = process.env.SMAPIV3_TWINS === 'whole'
const SEED = 20
const LANGUAGES: readonly Language[] = ['sh', 'python', 'typescript']

/** Clauses about what comes after the step of another clause, which is taken also where that is not judged. */
const LATER_STEPS: readonly ClauseId[] = [
  'SR-DETACH-002',
  'SR-DETACH-006',
  'VOL-SET-002',
  'VOL-SET-007',
  'VOL-REVERT-002',
  'DP-ACTIVATE-002',
  'DP-DETACH-002',
]

const limit = pLimit(3)

interface JudgeOptions extends Pick<ConformanceOptions, 'only' | 'skip' | 'timeout' | 'parallel'> {
  /** Name of the directory of SRs. */
  readonly place?: string | undefined
  /** Of the configuration, beside the path. */
  readonly more?: Readonly<Record<string, string>> | undefined
}

function judge(pair: Pair, directory: string, { place = '{sr}', more = {}, ...options }: JudgeOptions = {}) {
  return runConformance({
    directory: pair.volume,
    datapaths: [pair.datapath],
    configuration: { path: join(directory, place), ...more },
    seed: SEED,
    parallel: 2,
    ...options,
  })
}

/** Groups that take long, and whose checks have little to do with each other. */
const GROUPLESS = /^(ROB|LEAK|PRO|DATA)-/

/** Clauses that are judged on a twin beside the one that it breaks: they must still hold. */
function neighboursOf({ breaks, also = [], followers = [] }: Twin): readonly string[] {
  const group = GROUPLESS.test(breaks) ? breaks : breaks.replace(/\d+$/, '')
  return [group, ...also, ...followers]
}

/** Detaches the loop devices of a directory that a twin has leaked. */
async function releaseLoops(directory: string): Promise<void> {
  // One that was let go before is gone once nobody looks at it any more, which may be now.
  for (const line of loopsBelow(directory)) spawnSync('losetup', ['--detach', line.split(' ')[0] ?? ''])
  await eventually(() => loopsBelow(directory).length === 0, 'the loop devices are let go')
}

/** Unmounts what a twin has left mounted in a directory. */
function releaseMounts(directory: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const places = mounts.flatMap((line) => line.split(' ')[4] ?? []).filter((place) => place.startsWith(`${directory}/`))
  for (const place of places.reverse()) execFileSync('umount', [place])
}

/** What a person needs to see why. */
function findings({ clauses }: Report, ...outcomes: string[]) {
  return clauses
    .filter(({ outcome }) => outcomes.includes(outcome))
    .map(({ id, outcome, expected, seen, because, reason }) => ({ id, outcome, expected, seen, because, reason }))
}

describe.skipIf(lacks('loop devices', 'losetup', 'jq', 'python3'))('the conformance suite', () => {
  test.each(LANGUAGES)('finds nothing wrong with the good plugin in %s', { timeout: 1_800_000 }, async (language) => {
    await withScratch(async (directory) => {
      // A hundred volumes take as long as all else; they are made once.
      const skip = WHOLE || language === 'python' ? [] : ['ROB-MANY-']
      const report = await judge(await installPair(directory, language), directory, { skip, parallel: 4 })
      expect(findings(report, 'failed', 'follows')).toEqual([])
      expect(report.left).toEqual([])
      expect(report.verdict.conforms).toBe(true)
    })
  })

  test('has twins for many clauses, of every kind', () => {
    expect(TWINS.length).toBeGreaterThanOrEqual(60)
    const names = TWINS.map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
    expect(TWINS.flatMap(({ breaks, also = [] }) => [breaks, ...also]).filter((id) => !(id in CLAUSES))).toEqual([])
  })

  describe.concurrent('finds the fault, judging nothing but that clause, of the twin that', () => {
    const twins = TWINS.filter(({ breaks }) => LATER_STEPS.includes(breaks))
    test.each(twins)('$name ($language): $breaks', { timeout: 1_800_000 }, (twin) =>
      limit(() =>
        withScratch(async (directory) => {
          const pair = await installTwin(directory, twin)
          const options = { only: [twin.breaks], timeout: twin.timeout, parallel: 1 }
          const report = await judge(pair, directory, options).finally(() => releaseLoops(directory))
          expect(report.clauses.map(({ id, outcome }) => ({ id, outcome }))).toEqual([
            { id: twin.breaks, outcome: 'failed' },
          ])
        }),
      ),
    )
  })

  describe.concurrent('finds the fault of the twin that', () => {
    test.each(TWINS)('$name ($language): $breaks', { timeout: 1_800_000 }, (twin) =>
      limit(() =>
        withScratch(async (directory) => {
          const pair = await installTwin(directory, twin)
          const only = WHOLE && twin.hitsOthers !== true ? [] : neighboursOf(twin)
          // One check after the other: what a twin does to other volumes would hit any check that runs beside it.
          const place = twin.isInUsedPlace ? 'only' : undefined
          const options = { only, timeout: twin.timeout, parallel: 1, place, more: twin.configuration }
          if (twin.isInUsedPlace) await judge(pair, directory, { ...options, only: ['SR-DESTROY-002'] })
          const report = await judge(pair, directory, options).finally(async () => {
            await releaseLoops(directory)
            releaseMounts(directory)
          })
          const failed = report.clauses.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)
          const known: readonly ClauseId[] = [twin.breaks, ...(twin.also ?? [])]
          const hint = JSON.stringify(findings(report, 'failed', 'follows'), null, 1)
          expect(failed.sort(), hint).toEqual([...known].sort())
          const followed = report.clauses.filter(({ outcome }) => outcome === 'follows').map(({ id }) => id)
          expect(followed, hint).toEqual(expect.arrayContaining([...(twin.followers ?? [])]))
        }),
      ),
    )
  })
})

/** What tests of the bundled plugins share. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildPlugin } from '../../src/build/plugin.ts'
import { type Report, runConformance } from '../../src/conformance/index.ts'
import { withScratch } from '../support/scratch.ts'

const REPOSITORY = join(import.meta.dirname, '../..')

/** Milliseconds: each is judged by every clause. */
const LONG = 1_800_000

/** What a datapath on QEMU needs. */
export const QEMU = ['qemu-storage-daemon', 'qemu-block-extra', 'qemu-img'] as const

/** Storage that SRs can be made on. */
interface Place {
  readonly configuration: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  remove(): Promise<void>
}

/** A bundled volume plugin on its storage, with the datapath plugin of its URIs. */
interface Bundled {
  readonly name: string
  readonly volume: string
  readonly datapath: string
  readonly isMissing: boolean
  readonly start: (directory: string) => Promise<Place>
}

/** One of them, by its name, for a run by hand. */
const ONLY = process.env.SMAPIV3_CONFORMANCE_ONLY

/** Tests that each of them conforms. */
export function allConform(bundled: readonly Bundled[]): void {
  const chosen = bundled.filter(({ name }) => ONLY === undefined || name === ONLY)
  describe.each(chosen)('the bundled plugins conform: $name', ({ volume, datapath, isMissing, start }) => {
    test.skipIf(isMissing)('every MUST and SHOULD that applies', { timeout: LONG }, () =>
      isolated(async (directory) => {
        await buildPlugin(join(REPOSITORY, volume))
        await buildPlugin(join(REPOSITORY, datapath))
        const place = await start(directory)
        try {
          const report = await runConformance({
            directory: join(REPOSITORY, volume),
            datapaths: [join(REPOSITORY, datapath)],
            configuration: place.configuration,
            secrets: place.secrets,
            level: 'should',
            seed: 20,
            timeout: 120,
          })
          expect(wrong(report)).toEqual([])
          expect(report.left).toEqual([])
          expect(report.verdict.conforms).toBe(true)
        } finally {
          await place.remove()
        }
      }),
    )
  })
}

/** What keeps a plugin from conforming, as a person needs it. */
export function wrong({ clauses }: Report): object[] {
  return clauses
    .filter(({ outcome }) => outcome === 'failed' || outcome === 'follows')
    .map(({ id, outcome, expected, seen, because, command }) => ({ id, outcome, expected, seen, because, command }))
}

/** With the state of the plugins apart from that of this host. */
export function isolated(work: (directory: string) => Promise<void>): Promise<void> {
  return withScratch(async (directory) => {
    const before = process.env.SMAPIV3_RUN_DIR
    const run = join(directory, 'run')
    mkdirSync(run)
    process.env.SMAPIV3_RUN_DIR = run
    try {
      await work(directory)
    } finally {
      if (before === undefined) delete process.env.SMAPIV3_RUN_DIR
      else process.env.SMAPIV3_RUN_DIR = before
    }
  })
}

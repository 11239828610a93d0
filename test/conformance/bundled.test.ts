/** The bundled plugins on their real engines: every MUST and SHOULD that applies to them holds. */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildPlugin } from '../../src/build/plugin.ts'
import { type ConformanceOptions, type Report, runConformance } from '../../src/conformance/index.ts'
import { lacks } from '../support/needs.ts'
import { withScratch } from '../support/scratch.ts'

const REPOSITORY = join(import.meta.dirname, '../..')
const LONG = 600_000

interface Bundled {
  readonly volume: string
  readonly datapath: string
  /** Configuration of SRs in a directory. */
  readonly configuration: (directory: string) => ConformanceOptions['configuration']
}

const BUNDLED: readonly Bundled[] = [
  {
    volume: 'volume.d/org.xen.xapi.storage.file',
    datapath: 'datapath.d/file',
    configuration: (directory) => ({ uri: `file://${directory}/{sr}` }),
  },
]

describe.skipIf(lacks('loop devices', 'losetup'))('a bundled plugin conforms:', () => {
  beforeAll(async () => {
    for (const { volume, datapath } of BUNDLED) {
      await buildPlugin(join(REPOSITORY, volume))
      await buildPlugin(join(REPOSITORY, datapath))
    }
  }, LONG)

  test.each(BUNDLED)('$volume with $datapath', { timeout: LONG }, ({ volume, datapath, configuration }) =>
    isolated(async (directory) => {
      const report = await runConformance({
        directory: join(REPOSITORY, volume),
        datapaths: [join(REPOSITORY, datapath)],
        configuration: configuration(directory),
        level: 'should',
        timeout: 120,
      })
      expect(wrong(report)).toEqual([])
      expect(report.left).toEqual([])
      expect(report.verdict).toMatchObject({ conforms: true, complete: true })
    }),
  )

  test('datapath.d/file alone, by a scratch image', { timeout: LONG }, () =>
    isolated(async (directory) => {
      const image = join(directory, 'image')
      writeFileSync(image, '')
      truncateSync(image, 4 * 1024 * 1024)
      const directoryOfPlugin = join(REPOSITORY, 'datapath.d/file')
      const report = await runConformance({
        directory: directoryOfPlugin,
        uri: `file://${image}`,
        level: 'should',
        timeout: 120,
      })
      expect(wrong(report)).toEqual([])
      expect(report.left).toEqual([])
      expect(report.verdict.conforms).toBe(true)
      expect(report.clauses.filter(({ id }) => id.startsWith('DATA-KEEP')).length).toBeGreaterThan(0)
    }),
  )
})

/** What keeps a plugin from conforming, as a person needs it. */
function wrong({ clauses }: Report): object[] {
  return clauses
    .filter(({ outcome }) => outcome === 'failed' || outcome === 'follows')
    .map(({ id, outcome, expected, seen, because, command }) => ({ id, outcome, expected, seen, because, command }))
}

/** With the state of the plugins apart from that of this host. */
function isolated(work: (directory: string) => Promise<void>): Promise<void> {
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

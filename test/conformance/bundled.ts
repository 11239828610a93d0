/** What tests of the bundled plugins share. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../../src/conformance/index.ts'
import { withScratch } from '../support/scratch.ts'

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

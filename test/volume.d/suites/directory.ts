/** Where SRs that are directories are. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileNameFor } from '../../../src/engine/run-directory.ts'
import { errnoOf } from '../../../src/engine/storage-error.ts'
import type { TestPlugin } from '../../support/plugin.ts'

/** The directory of an attached SR, as the plugin reaches it. */
export function directoryOf({ runDirectory }: TestPlugin, sr: string): string {
  for (const type of readdirSync(join(runDirectory, 'volume'))) {
    const record = textOf(join(runDirectory, 'volume', type, `${fileNameFor(sr)}.json`))
    if (record !== undefined) return (JSON.parse(record) as { directory: string }).directory
  }
  throw new Error(`${sr} is not attached`)
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the benches share: where things are, and the plugin that costs nothing itself. */
export interface Bench {
  /** A root with one plugin, called `bench`. */
  readonly root: string
  readonly stateDirectory: string
  /** Its script of Plugin.diagnostics. */
  readonly script: string
  /** The loop of posix_spawn: `<program> <script> <callers> <calls>`. */
  readonly limit: string
}

export const REPOSITORY = join(import.meta.dirname, '..')

/** What every call of the plugin reads. */
export const PARAMS = '{"dbg":"bench"}\n'

/** The executable, as it is installed. */
export const COMMAND = join(REPOSITORY, JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')).bin.smapiv3)

/**
 * Who has which disk attached on this host: one directory for each image, outside the storage. What it holds can be
 * lost (a cleaner, a reboot); the kernel still knows the loop devices.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeRunFile } from '../../src/engine/atomic-file.ts'
import { withLock } from '../../src/engine/lock.ts'
import { bootId, fileNameFor, runDirectory } from '../../src/engine/run-directory.ts'
import { errnoOf } from '../../src/engine/storage-error.ts'

/** Where a domain stands with a disk (script protocol, section 11); who is not named is detached. */
export type DomainState = 'attached' | 'activated' | 'activated_readonly'

/** One domain with one disk. */
export interface Attachment {
  readonly domain: string
  /** The options of the URI, see Disk. */
  readonly options: string
  readonly state: DomainState
  /** The loop device, where there is one. */
  readonly device?: string
}

/** The attachments of one image. */
export interface State {
  readonly path: string
  readonly attachments: readonly Attachment[]
}

/**
 * Runs a body with the state of an image locked, and stores the attachments that it returns.
 * @returns what the body returned beside them
 */
export function changeState<T>(
  path: string,
  change: (attachments: readonly Attachment[]) => { attachments: readonly Attachment[]; result: T },
): T {
  const name = fileNameFor(path)
  return withLock(join(stateDirectory(), `${name}.lock`), (held) => {
    const file = join(stateDirectory(name), STATE_FILE)
    const before = readState(file)?.attachments ?? []
    let after = before
    try {
      const { attachments, result } = change(before)
      after = attachments
      if (after !== before && after.length > 0) {
        writeRunFile(file, JSON.stringify({ boot: bootId(), path, attachments }))
      }
      return result
    } finally {
      if (after.length === 0) {
        rmSync(stateDirectory(name), { recursive: true, force: true })
        held.remove()
      }
    }
  })
}

/** The state of every image that is attached on this host. */
export function states(): readonly State[] {
  return readdirSync(stateDirectory(), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => readState(join(stateDirectory(), entry.name, STATE_FILE)) ?? [])
}

const STATE_FILE = 'state.json'

/** The state in a file; undefined where there is none, it is damaged, or it is from before the host started last. */
function readState(file: string): State | undefined {
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as State & { boot: string }
    return state.boot === bootId() ? state : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

function stateDirectory(...names: string[]): string {
  return runDirectory('datapath', 'file', ...names)
}

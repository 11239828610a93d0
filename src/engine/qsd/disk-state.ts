/**
 * What is known about a disk that has been attached: one directory for each in that of its daemon, made by attach and
 * removed by detach. There is no secret in it. A disk without one is detached, whatever the daemon still has of it.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Int64, parseJson, stringifyJson } from '../../contract/json.ts'
import { writeRunFile } from '../atomic-file.ts'
import { errnoOf } from '../storage-error.ts'
import type { Daemon } from './daemon.ts'
import type { Access } from './description.ts'

/** A disk: its daemon and its name there. */
export interface Disk {
  readonly daemon: Daemon
  readonly id: string
}

/** How a disk can be reached: over NBD, or as a block device of the kernel. */
export type ExportKind = 'nbd' | 'block'

export interface DiskState {
  /** `changing` while a call is at work, and for ever where it was killed: what the daemon has is then unknown. */
  readonly phase: 'changing' | 'attached' | 'active'
  /** As which it is activated, or was last. */
  readonly access: Access
  readonly exports: readonly ExportKind[]
  /** Whether the protocol node is opened by each activation, see nodes.ts. */
  readonly opensAtActivation: boolean
  /** Whether the exports refuse writes. */
  readonly readOnly: boolean
  /** Whether each write over an export is followed by a flush. */
  readonly writethrough: boolean
  /** Bytes. */
  readonly size: Int64
  /** The loop device that was made, such as /dev/loop0. Somebody can have taken it away. */
  readonly loop?: string | undefined
  /** While it is activated, the nodes of its image; unless given, the daemon has to be asked. */
  readonly nodes?: readonly string[] | undefined
}

/** The directory of a disk. */
export function diskDirectory(daemon: Daemon, id: string): string {
  return join(daemon.directory, 'disks', id)
}

/** The file that the disk's FUSE export is mounted on. */
export function mountFile(daemon: Daemon, id: string): string {
  return join(diskDirectory(daemon, id), 'image')
}

/** The state of a disk; undefined where it is detached, or a power failure has left a file without its content. */
export function readState(daemon: Daemon, id: string): DiskState | undefined {
  try {
    // Written by this module: what is there is a state.
    return parseJson(readFileSync(stateFile(daemon, id), 'utf8')) as DiskState
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Records the state of a disk, and makes its directory. */
export function writeState(daemon: Daemon, id: string, state: DiskState): DiskState {
  mkdirSync(diskDirectory(daemon, id), { recursive: true, mode: 0o700 })
  writeRunFile(stateFile(daemon, id), stringifyJson(state))
  return state
}

/** Forgets a disk. */
export function removeState(daemon: Daemon, id: string): void {
  rmSync(diskDirectory(daemon, id), { recursive: true, force: true })
}

function stateFile(daemon: Daemon, id: string): string {
  return join(diskDirectory(daemon, id), 'state.json')
}

/** Space of file systems and files, in bytes and to the last digit. */
import { type Stats, statfsSync } from 'node:fs'
import { type Int64, int64 } from '../contract/json.ts'

/** Bytes of a file system. */
export interface Space {
  /** Bytes that an unprivileged user can still write. */
  readonly free: Int64
  readonly total: Int64
}

/** The space of the file system that holds a path. */
export function spaceOf(path: string): Space {
  const { bavail, blocks, bsize } = statfsSync(path, { bigint: true })
  return { free: int64(bavail * bsize), total: int64(blocks * bsize) }
}

/** Bytes that a file occupies, fewer than its size where it has holes: Linux counts st_blocks in units of 512. */
export function allocatedBytes(stats: Stats): number {
  return stats.blocks * 512
}

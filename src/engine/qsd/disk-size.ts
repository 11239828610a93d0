/** The size of a disk that is attached: it can change while the disk is in use. */
import type { Int64 } from '../../contract/json.ts'
import { withRunning } from './daemon.ts'
import { withDaemonLock } from './daemon-lock.ts'
import { type DiskDescription, imageIsReadOnly } from './description.ts'
import { build, stateOf, takeApart } from './disk-build.ts'
import { type Disk, type DiskState, type ExportKind, readState, writeState } from './disk-state.ts'
import { refreshSize } from './exports.ts'
import { imageSize } from './look.ts'
import { canSaySize, saysSize } from './size-in-file.ts'

/**
 * Makes an activated disk larger, or shows that its volume has become so, while it is in use. Clients of an NBD export
 * lose their connection: NBD tells a size only at its beginning.
 * @throws Error where the disk is not activated for writing; QmpError where the format cannot be resized
 */
export function resizeDisk(disk: Disk, size: Int64): Promise<void> {
  return withDaemonLock(disk.daemon, async () => {
    const resized = await withRunning(disk.daemon, async (qmp) => {
      const state = readState(disk.daemon, disk.id)
      if (state?.phase !== 'active' || state.access !== 'read-write') return false
      await refreshSize(qmp, disk, state, size)
      writeState(disk.daemon, disk.id, { ...state, size })
      return true
    })
    if (!resized) throw new Error('a disk can be resized in use only while it is activated for writing')
  })
}

/**
 * Shows the size that the image of an attached disk has now: of one that is activated for writing, where its volume has
 * grown, and of one that is not activated and has no block device, whose name could change. It is no error where the
 * disk is not attached.
 * @returns bytes; undefined where nothing has changed
 */
export function refreshDisk(
  disk: Disk,
  description: DiskDescription,
  exports: readonly ExportKind[],
): Promise<Int64 | undefined> {
  const { daemon, id } = disk
  return withDaemonLock(daemon, async () => {
    const known = readState(daemon, id)
    if (known === undefined || saysSize(description, known.size)) return undefined
    return await withRunning(daemon, async (qmp) => {
      const state = readState(daemon, id)
      if (state === undefined || !canChangeSize(description, state)) return undefined
      const size = await imageSize(qmp, id, description, daemon.nbdSocket)
      if (size === state.size || (state.phase === 'active' && size < state.size)) return undefined
      if (state.phase === 'active') {
        await refreshSize(qmp, disk, state, size)
        writeState(daemon, id, { ...state, size })
      } else {
        await takeApart(qmp, disk)
        await build(qmp, disk, description, stateOf(description, exports))
      }
      return size
    })
  })
}

/**
 * Inside a format other than raw the size is changed only by who has the image open: a file that says another one has been
 * made larger by a call that was killed before it could show that.
 */
function canChangeSize(description: DiskDescription, state: DiskState): boolean {
  if (state.phase === 'attached') return !state.exports.includes('block')
  const isTold = description.format === 'raw' || canSaySize(description)
  return state.access === 'read-write' && isTold && !imageIsReadOnly(description)
}

/** The one table of SMAPIv2's methods: those that are answered, and those that are only known (sections 7 and 8). */
import { DATA } from './data.ts'
import { DISK } from './disk.ts'
import type { Method } from './method.ts'
import { QUERY } from './query.ts'
import { SR } from './sr.ts'
import { VDI } from './vdi.ts'

/** Method → what it takes and does. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries({ ...QUERY, ...SR, ...VDI, ...DISK, ...DATA }),
)

/** Methods of the interface that the toolstack answers itself, or that have been replaced. */
export const UNIMPLEMENTED: ReadonlySet<string> = new Set([
  'get_by_name',
  'VDI.get_by_name',
  'VDI.attach',
  'VDI.attach2',
  'VDI.activate',
  'VDI.get_url',
  'SR.update_snapshot_info_src',
  'SR.update_snapshot_info_dest',
  'DP.create',
  'DP.destroy',
  'DP.diagnostics',
  'DP.stat_vdi',
  'DATA.copy',
  'DATA.MIRROR.send_start',
  'DATA.MIRROR.receive_start',
  'DATA.MIRROR.receive_start2',
  'DATA.MIRROR.receive_start3',
  'DATA.MIRROR.receive_finalize',
  'DATA.MIRROR.receive_finalize2',
  'DATA.MIRROR.receive_finalize3',
  'DATA.MIRROR.receive_cancel',
  'DATA.MIRROR.receive_cancel2',
  'DATA.MIRROR.pre_deactivate_hook',
  'DATA.MIRROR.has_mirror_failed',
  'DATA.MIRROR.list',
  'DATA.MIRROR.stat',
  'Policy.get_backend_vm',
  'TASK.stat',
  'TASK.cancel',
  'TASK.destroy',
  'TASK.list',
  'UPDATES.get',
])

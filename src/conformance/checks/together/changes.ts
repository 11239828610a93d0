/** One volume whose changes are tracked, and then are not any more. */
import { sharedSr } from '../../sr-fixture.ts'
import type { Together } from '../../together.ts'
import { demandEqual } from '../../violation.ts'
import { handleOf, listed, newVolume, snapshotOf, stat } from '../../volumes.ts'
import { changed } from '../changes.ts'

export const CHANGES_TOGETHER: Together = {
  checks: ['VOL-CBT-001', 'VOL-CBT-003'],
  async run(context) {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const at = { sr: handleOf(sr), key: volume.key }
    await context.call('Volume.enable_cbt', at)
    await context.call('Volume.enable_cbt', at)
    demandEqual((await stat(context, sr, volume)).cbt_enabled, true, 'cbt_enabled in Volume.stat')
    demandEqual((await listed(context, sr, volume))?.cbt_enabled, true, 'cbt_enabled in SR.ls')
    const snapshot = await snapshotOf(context, sr, volume)
    await changed(context, handleOf(sr), snapshot, volume)
    await context.call('Volume.data_destroy', { sr: handleOf(sr), key: snapshot.key })
    demandEqual((await stat(context, sr, snapshot)).volume_type, 'CBT_Metadata', 'volume_type')
    await changed(context, handleOf(sr), snapshot, volume)
    await context.call('Volume.disable_cbt', at)
    await context.call('Volume.disable_cbt', at)
    demandEqual((await stat(context, sr, volume)).cbt_enabled ?? false, false, 'cbt_enabled in Volume.stat')
  },
}

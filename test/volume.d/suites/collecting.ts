/** Work for the job of storage whose images are not merged: what nothing needs is removed. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { LEASES } from '../../../src/engine/lease/lease.ts'
import type { JobWork } from './job.ts'
import type { Volume } from './storage.ts'

/** Images that killed calls have left. */
const LEFTOVERS = 12

/** Of the smallest images that there are, so that it takes little time to make the work again. */
const SMALL = 'cluster_size=512'

export const COLLECTING: JobWork = {
  name: 'removes what nothing needs',
  locks: LEASES,
  async make({ directory, create, put, derive, destroy }) {
    const volume = await create()
    const snapshots: Volume[] = []
    for (let round = 0; round < 5; round++) {
      await put(volume, round, 0x50 + round)
      snapshots.push(await derive('Volume.snapshot', volume))
    }
    const [lowest, kept, , , top] = snapshots
    if (lowest === undefined || kept === undefined || top === undefined) throw new Error('there are too few snapshots')
    const clone = await derive('Volume.clone', kept)
    await put(clone, 10, 0x70)
    for (const one of [volume, ...snapshots]) if (one !== kept) await destroy(one)
    // On an image that goes itself when they are gone; every third one was not finished.
    for (let number = 0; number < LEFTOVERS; number++) {
      const path = join(directory, `${randomUUID()}.qcow2${number % 3 === 0 ? '.tmp' : ''}`)
      const backing = ['-u', '-b', `${top.key}.qcow2`, '-F', 'qcow2', '-o', SMALL]
      execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, path, String(volume.virtual_size)])
    }
    return [lowest, kept, clone].map(({ key }) => `${key}.qcow2`).sort()
  },
}

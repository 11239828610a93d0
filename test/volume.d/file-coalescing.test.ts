/** kill -9 of the job that merges images: six of them, in chains of several kinds, and two to be removed. */
import { describe } from 'vitest'
import { KERNEL_LOCKS } from '../../src/engine/sr/locks.ts'
import { lacks } from '../support/needs.ts'
import { fileStorage } from './file-storage.ts'
import { job, type Workplace } from './suites/job.ts'
import type { Volume } from './suites/storage.ts'

describe.skipIf(lacks('qemu-img', 'qemu-io'))('org.xen.xapi.storage.file', () => {
  job(fileStorage('qcow2'), {
    name: 'merges images',
    locks: KERNEL_LOCKS,
    async make({ create, put, derive, destroy }: Workplace) {
      const volume = await create()
      const snapshots: Volume[] = []
      for (let round = 0; round < 7; round++) {
        await put(volume, round, 0x50 + round)
        snapshots.push(await derive('Volume.snapshot', volume))
      }
      const [, , kept, , , source] = snapshots
      if (kept === undefined || source === undefined) throw new Error('there are too few snapshots')
      const clone = await derive('Volume.clone', kept)
      await put(clone, 10, 0x70)
      const below = await derive('Volume.snapshot', clone)
      await put(clone, 11, 0x71)
      const left = await derive('Volume.clone', source)
      const alone = await derive('Volume.snapshot', left)
      for (const one of [...snapshots, below, alone, left]) if (one !== kept && one !== source) await destroy(one)
      return [volume, kept, source, clone].map(({ key }) => `${key}.qcow2`).sort()
    },
  })
})

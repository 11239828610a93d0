/** Checks on the bytes, written and read through the datapath. */
import { stringifyJson } from '../../contract/json.ts'
import type { Access } from '../access/access.ts'
import { BLOCK, demandPattern, spread, writePattern, zeroes } from '../access/pattern.ts'
import { type Check, check, story } from '../check.ts'
import type { Context } from '../context.ts'
import { Disk, opened, readingVolume, scratchDisk, uriOf, using, usingVolume } from '../disks.ts'
import { attachSr, ownSr, sharedSr } from '../sr-fixture.ts'
import { demand, Violation } from '../violation.ts'
import { handleOf, MIB, make, newVolume, SMALL, stat } from '../volumes.ts'

/** Bytes written at once, where free space is looked at. */
const PART = 8 * MIB

export const DATA_CHECKS: readonly Check[] = [
  story(['DATA-KEEP-001', 'DATA-KEEP-002', 'DATA-DOMAIN-001', 'DATA-RANGE-001'], 'shared', async (context) => {
    const { uri } = await scratchDisk(context)
    const disk = new Disk(context, uri)
    const backend = await disk.attach()
    await disk.activate()
    const { offsets, pattern } = await opened(backend, async (access) => {
      const places = spread(Number(access.size))
      return { offsets: places, pattern: await writePattern(access, context.random, places) }
    })
    await disk.deactivate()
    await context.judge('DATA-KEEP-001', async () => {
      await disk.activate()
      await opened(backend, (access) => demandPattern(access, pattern, 'what was written before deactivating'))
      await disk.deactivate()
    })
    await disk.detach()
    await context.judge('DATA-KEEP-002', () =>
      using(context, uri, (access) => demandPattern(access, pattern, 'what was written before detaching'), disk.domain),
    )
    await context.judge('DATA-DOMAIN-001', async () => {
      const written = await using(context, uri, (access) => writePattern(access, context.random, offsets))
      await using(context, uri, (access) => demandPattern(access, written, 'what another domain wrote'))
    })
    await context.judge('DATA-RANGE-001', () =>
      using(context, uri, async (access) => {
        await writeEnds(context, access)
      }),
    )
  }),
  check('DATA-KEEP-003', 'own-sr', async (context) => {
    const sr = await ownSr(context)
    const volume = await newVolume(context, sr)
    const pattern = await usingVolume(context, volume, (access) =>
      writePattern(access, context.random, spread(Number(access.size))),
    )
    await context.call('SR.detach', { sr: handleOf(sr) })
    await attachSr(context, sr)
    const again = await stat(context, sr, volume)
    await usingVolume(context, again, (access) => demandPattern(access, pattern, 'what was written before'))
  }),
  check('DATA-RANGE-002', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volumes = [await newVolume(context, sr), await newVolume(context, sr)]
    const disks = []
    for (const volume of volumes) {
      const disk = new Disk(context, uriOf(context, volume))
      const backend = await disk.attach()
      await disk.activate()
      const pattern = await opened(backend, (access) => writePattern(access, context.random, spread(SMALL)))
      disks.push({ disk, backend, pattern })
    }
    for (const { disk, backend, pattern } of disks) {
      await opened(backend, (access) => demandPattern(access, pattern, 'its own bytes'))
      await disk.deactivate()
      await disk.detach()
    }
  }),
  check('DATA-ZERO-001', 'shared', async (context) => {
    const volume = await newVolume(context, await sharedSr(context))
    await usingVolume(context, volume, (access) => demandPattern(access, zeroes(spread(SMALL)), 'zeroes'))
  }),
  story(['DATA-RESIZE-001', 'DATA-RESIZE-002'], 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const old = spread(SMALL)
    const pattern = await usingVolume(context, volume, (access) => writePattern(access, context.random, old))
    const size = SMALL + 2 * MIB
    await context.call('Volume.resize', { sr: handleOf(sr), key: volume.key, new_size: size })
    const resized = await stat(context, sr, volume)
    const added = [Number(volume.virtual_size), Number(resized.virtual_size) - BLOCK]
    await usingVolume(context, resized, async (access) => {
      await context.judge('DATA-RESIZE-002', () => demandPattern(access, zeroes(added), 'zeroes in the new part'))
      await context.judge('DATA-RESIZE-001', async () => {
        await demandPattern(access, pattern, 'the old bytes')
        await demandPattern(access, await writePattern(access, context.random, added), 'the new part as it was written')
        await demandPattern(access, pattern, 'the old bytes after the new part was written')
      })
    })
  }),
  check('DATA-COPY-001', 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr)
    const offsets = spread(SMALL)
    const pattern = await usingVolume(context, volume, (access) => writePattern(access, context.random, offsets))
    const params = { sr: handleOf(sr), key: volume.key, dest_sr: handleOf(sr) }
    const copy = await make(context, sr, volume.name, 'Volume.copy', params)
    await usingVolume(context, copy, async (access) => {
      await demandPattern(access, pattern, 'the bytes of the source')
      await writePattern(access, context.random, offsets)
    })
    await usingVolume(context, volume, (access) =>
      demandPattern(access, pattern, 'the source as before the copy was written'),
    )
  }),
  story(['DATA-UTILISATION-001', 'SR-STAT-005'], 'shared', async (context) => {
    const sr = await sharedSr(context)
    const volume = await newVolume(context, sr, { size: 4 * PART })
    const free = async () => Number((await context.call('SR.stat', { sr: handleOf(sr) })).free_space)
    const fill = (part: number) =>
      usingVolume(context, volume, async (access) => {
        for (let offset = 0; offset < PART; offset += MIB)
          await access.write(part * PART + offset, context.random.bytes(MIB))
        await access.flush()
      })
    await context.judge('DATA-UTILISATION-001', async () => {
      const before = await stat(context, sr, volume)
      await fill(3)
      const { physical_utilisation: used } = await stat(context, sr, volume)
      demand(used >= before.physical_utilisation, `at least ${before.physical_utilisation}`, used)
    })
    await context.judge('SR-STAT-005', async () => {
      // Others may free space on the same storage meanwhile: what counts is that each time about as much more is free.
      const gained: number[] = []
      for (const part of [0, 1, 2]) {
        const before = await free()
        await fill(part)
        const gain = (await free()) - before
        if (gain < PART / 2 || gain > PART * 2) return
        gained.push(gain)
      }
      throw new Violation(
        `no more free space after ${PART} bytes were written`,
        `each time more: ${stringifyJson(gained)} bytes`,
      )
    })
  }),
  story(['DATA-NONPERSISTENT-001', 'DATA-NONPERSISTENT-002', 'DP-OPEN-001', 'DP-CLOSE-001'], 'shared', nonPersistent),
]

async function nonPersistent(context: Context): Promise<void> {
  const { uri } = await scratchDisk(context)
  const offsets = spread(SMALL)
  const kept = await using(context, uri, (access) => writePattern(access, context.random, offsets))
  registerOpened(context, uri)
  await context.step('DP-OPEN-001', async () => {
    for (const persistent of [true, true, false, false]) await context.call('Datapath.open', { uri, persistent })
  })
  await context.judge('DP-CLOSE-001', async () => {
    await context.call('Datapath.close', { uri })
    await context.call('Datapath.close', { uri })
  })
  await context.judge('DATA-NONPERSISTENT-001', async () => {
    await context.call('Datapath.open', { uri, persistent: false })
    await using(context, uri, async (access) => {
      await demandPattern(access, kept, 'what was there before')
      await demandPattern(access, await writePattern(access, context.random, offsets), 'what was written')
    })
    await context.call('Datapath.close', { uri })
    await context.call('Datapath.open', { uri, persistent: true })
    await using(context, uri, (access) =>
      demandPattern(access, kept, 'what was there before it was opened non-persistent'),
    )
    await context.call('Datapath.close', { uri })
  })
  await context.judge('DATA-NONPERSISTENT-002', async () => {
    await context.call('Datapath.open', { uri, persistent: true })
    const written = await using(context, uri, (access) => writePattern(access, context.random, offsets))
    await context.call('Datapath.close', { uri })
    await context.call('Datapath.open', { uri, persistent: true })
    await using(context, uri, (access) => demandPattern(access, written, 'what was written'))
    await context.call('Datapath.close', { uri })
  })
}

/** Registers that a disk is to be closed. */
export function registerOpened(context: Context, uri: string): void {
  const { dbg, run } = context
  const plugin = context.pluginFor('Datapath.close', { uri })
  context.register({
    name: `the disk ${uri} opened`,
    remove: () => run.caller.call(plugin, 'Datapath.close', { dbg, uri }),
  })
}

/** Writes the first and the last sector, and looks whether the last one is there. */
export async function writeEnds(context: Context, access: Access): Promise<void> {
  const last = Number(access.size) - 512
  for (const offset of [0, last]) await access.write(offset, context.random.bytes(512))
  await access.flush()
  const bytes = context.random.bytes(512)
  await access.write(last, bytes)
  await access.flush()
  demand((await access.read(last, 512)).equals(bytes), 'the last sector as it was written', 'another one')
}

/** A volume of the shared SR with a pattern in it. */
export async function written(context: Context) {
  const sr = await sharedSr(context)
  const volume = await newVolume(context, sr)
  const pattern = await write(context, volume)
  return { sr, volume, pattern }
}

export function write(context: Context, volume: Parameters<typeof uriOf>[1], offsets = spread(SMALL)) {
  return using(context, uriOf(context, volume), (access) => writePattern(access, context.random, offsets))
}

export function look(
  context: Context,
  volume: Parameters<typeof readingVolume>[1],
  pattern: Awaited<ReturnType<typeof write>>,
  what: string,
): Promise<void> {
  return readingVolume(context, volume, (access) => demandPattern(access, pattern, what))
}

/** Checks on what is left once everything is gone: alone, after all others. */
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type Check, story } from '../check.ts'
import type { Context } from '../context.ts'
import { Disk, uriOf } from '../disks.ts'
import { filesOf, loopDevicesOf, mountsOf, processesWith } from '../leaks.ts'
import { ownSr, sharedSr } from '../sr-fixture.ts'
import { demandEqual, NotApplicable } from '../violation.ts'
import { newVolume } from '../volumes.ts'

/** Milliseconds in which what ends by itself has ended, also on a machine that is busy. */
const GRACE = 30_000
/** Milliseconds between two looks: the first time, after which they grow, and at most. */
const PAUSES = { first: 100, longest: 2000 }

export const LEAK_CHECKS: readonly Check[] = [
  story(['LEAK-PROCESS-001', 'LEAK-LOOP-001', 'LEAK-MOUNT-001', 'LEAK-FILE-001'], 'alone', async (context) => {
    const { run } = context
    if (run.keep) throw new NotApplicable('needs everything to be removed', 'run without --keep')
    if (!run.hasUsedDisks) await exercise(context)
    // Now all disks are detached; the SRs go with the SR that the checks shared.
    run.left.push(...(await context.resources.removeAll()), ...(await run.resources.removeAll()))
    await context.judge('LEAK-PROCESS-001', () =>
      none(() => processesWith(`SMAPIV3_CONFORMANCE=${run.name}`), 'processes'),
    )
    await context.judge('LEAK-LOOP-001', () => none(() => loopDevicesOf(run.marks), 'loop devices'))
    await context.judge('LEAK-MOUNT-001', () => none(() => mountsOf(run.marks), 'mounts'))
    await context.judge('LEAK-FILE-001', () =>
      none(
        () => filesOf(run.marks, run.startedAt, run.scratch, run.temporary),
        'files',
        (left) => left.filter((path) => existsSync(path)),
      ),
    )
  }),
]

/** The usual life of a disk, should no other check have been asked for. */
async function exercise(context: Context): Promise<void> {
  const { run } = context
  const { subjects, uri } = run
  if (subjects.datapaths.length === 0) return
  if (subjects.judged.kind === 'datapath') {
    if (uri !== undefined) await cycle(new Disk(context, uri))
    return
  }
  // Where there is room for one SR only, the one that all checks share is still there.
  const sr = await (run.places.isMany ? ownSr(context) : sharedSr(context)).catch((error: unknown) => {
    if (error instanceof NotApplicable) return undefined
    throw error
  })
  if (sr === undefined) return
  const disk = uriOf(context, await newVolume(context, sr))
  await cycle(new Disk(context, disk))
  await cycle(new Disk(context, disk))
}

async function cycle(disk: Disk): Promise<void> {
  await disk.attach()
  await disk.activate()
  await disk.deactivate()
  await disk.detach()
}

/** @param again looks only at what was left, where to look at everything takes long */
async function none(look: () => string[], what: string, again: (left: string[]) => string[] = look): Promise<void> {
  const end = Date.now() + GRACE
  let left = look()
  for (let pause = PAUSES.first; left.length > 0 && Date.now() < end; pause = Math.min(pause * 1.5, PAUSES.longest)) {
    await delay(pause)
    left = again(left)
  }
  demandEqual(left, [], `no ${what} left`)
}

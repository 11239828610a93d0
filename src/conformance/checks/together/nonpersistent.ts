/** A disk opened to keep what is written, then to lose it, then to keep it again. */
import { demandPattern, type Pattern, spread, writePattern } from '../../access/pattern.ts'
import type { Context } from '../../context.ts'
import { using } from '../../disks.ts'
import { SMALL } from '../../volumes.ts'
import { registerOpened } from '../data.ts'

/** @param before what the disk holds */
export async function nonpersistent(context: Context, uri: string, before: Pattern): Promise<void> {
  const offsets = spread(SMALL)
  const open = (persistent: boolean) => context.call('Datapath.open', { uri, persistent })
  const close = () => context.call('Datapath.close', { uri })
  registerOpened(context, uri)
  await open(true)
  await open(true)
  const kept = await using(context, uri, async (access) => {
    await demandPattern(access, before, 'what was there before')
    return writePattern(access, context.random, offsets)
  })
  await close()
  await close()
  await open(false)
  await open(false)
  await using(context, uri, async (access) => {
    await demandPattern(access, kept, 'what was there before')
    await demandPattern(access, await writePattern(access, context.random, offsets), 'what was written')
  })
  await close()
  await open(true)
  await using(context, uri, (access) => demandPattern(access, kept, 'what was there before it was non-persistent'))
  await close()
}

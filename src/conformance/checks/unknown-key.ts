/** What is demanded of the key of a volume that was destroyed. */
import type { Smapiv3Error } from '../../contract/errors.ts'
import type { MethodName } from '../../contract/methods.ts'
import type { Context, Own } from '../context.ts'
import type { Sr } from '../sr.ts'
import { sharedSr } from '../sr-fixture.ts'
import { demand } from '../violation.ts'
import { goneKey, handleOf, SMALL, type Volume } from '../volumes.ts'

export async function unknownKey(context: Context): Promise<void> {
  const sr = await sharedSr(context)
  const at = { sr: handleOf(sr), key: await goneKey(context, sr) }
  for (const [id, demands] of Object.entries(UNKNOWN))
    await context.judge(id as keyof typeof UNKNOWN, () => demands(context, at))
}

/** Clause → what it demands of a key that is not in use any more. */
const UNKNOWN = {
  'VOL-STAT-002': async (context: Context, at: Place) => void (await refused(context, 'Volume.stat', at)),
  'VOL-STAT-003': async (context: Context, at: Place) => {
    const { params = [] } = await refused(context, 'Volume.stat', at)
    demand(params[0] === 'Volume_does_not_exist', 'the params ["Volume_does_not_exist", key]', params)
  },
  'VOL-UNKNOWN-001': async (context: Context, at: Place) => {
    await refused(context, 'Volume.set', { ...at, k: 'vdi-type', v: 'user' })
    await refused(context, 'Volume.unset', { ...at, k: 'vdi-type' })
    await refused(context, 'Volume.set_name', { ...at, new_name: 'ghost' })
    await refused(context, 'Volume.set_description', { ...at, new_description: 'ghost' })
    const { key } = at
    const volumes = await context.call('SR.ls', { sr: at.sr })
    demand(!volumes.some((volume) => volume.key === key), 'no volume of that key', 'it is listed')
  },
  'VOL-UNKNOWN-002': async (context: Context, at: Place) => void (await refused(context, 'Volume.snapshot', at)),
  'VOL-UNKNOWN-003': async (context: Context, at: Place) => void (await refused(context, 'Volume.clone', at)),
  'VOL-UNKNOWN-004': async (context: Context, at: Place) =>
    void (await refused(context, 'Volume.resize', { ...at, new_size: 2 * SMALL })),
  'VOL-DESTROY-002': async (context: Context, at: Place) => void (await context.call('Volume.destroy', at)),
} as const

interface Place {
  readonly sr: string
  readonly key: string
}

function refused<M extends MethodName>(context: Context, method: M, params: Own<M>): Promise<Smapiv3Error> {
  return context.refused(method, params, 'the volume does not exist')
}

/** Demands all of that of a volume that was destroyed. */
export async function demandNothing(context: Context, sr: Sr, { key }: Volume): Promise<void> {
  const at = { sr: handleOf(sr), key }
  for (const [id, demands] of Object.entries(UNKNOWN))
    if (id !== 'VOL-STAT-002' && context.run.selected(id as keyof typeof UNKNOWN)) await demands(context, at)
  if (!context.run.selected('VOL-STAT-003')) await UNKNOWN['VOL-STAT-002'](context, at)
}

/** The classes VDI and DP as far as they are about access to a disk (SMAPIv2 bridge, section 7.5). */
import { asSmapiv3Error } from '../../contract/errors.ts'
import { domainOf } from '../../host/domain.ts'
import { boolean, text } from './marshal.ts'
import { attachedSr, type Context, type Method, method, ON_VDI, options } from './method.ts'
import { backendOf } from './records.ts'

/** The parameters of every method on the use of a disk by a domain. */
export const ON_DISK = { ...ON_VDI, dp: text, vm: text }

export interface OnDisk {
  readonly dbg: string
  readonly dp: string
  readonly sr: string
  readonly vdi: string
  readonly vm: string
}

export const DISK: Readonly<Record<string, Method>> = {
  'VDI.attach3': method({
    parameters: { ...ON_DISK, read_write: boolean },
    run: async (context, params) => backendOf(await attach(context, params)),
  }),

  'DP.attach_info': method({
    parameters: ON_DISK,
    run: async (context, params) => backendOf(await attach(context, params)),
  }),

  'VDI.activate3': method({
    parameters: ON_DISK,
    run: (context, params) => activate(context, params, false),
  }),

  'VDI.activate_readonly': method({
    parameters: ON_DISK,
    run: (context, params) => activate(context, params, true),
  }),

  'VDI.deactivate': method({
    parameters: ON_DISK,
    run: async (context, params) => {
      const { uuid } = attachedSr(context, params.sr)
      await context.host.disks.deactivate(uuid, params.vdi, use(params))
      return null
    },
  }),

  'VDI.detach': method({
    parameters: ON_DISK,
    run: async (context, params) => {
      const { uuid } = attachedSr(context, params.sr)
      await context.host.disks.detach(uuid, params.vdi, use(params))
      return null
    },
  }),

  'DP.destroy2': method({
    parameters: { ...ON_DISK, allow_leak: boolean },
    run: async (context, params) => {
      const { uuid } = attachedSr(context, params.sr)
      try {
        await context.host.disks.release(uuid, params.vdi, use(params))
      } catch (error) {
        if (!params.allow_leak) throw error
        context.warn(
          `DP.destroy2 ${params.dp}: what the caller allows is left behind: ${asSmapiv3Error(error).message}`,
        )
      }
      return null
    },
  }),

  'VDI.epoch_begin': method({
    parameters: { ...ON_VDI, vm: text, persistent: boolean },
    idempotent: false,
    run: async (context, params) => {
      const { uuid } = attachedSr(context, params.sr)
      await context.host.disks.open(uuid, params.vdi, { ...options(params), persistent: params.persistent })
      return null
    },
  }),

  'VDI.epoch_end': method({
    parameters: { ...ON_VDI, vm: text },
    idempotent: false,
    run: async (context, params) => {
      const { uuid } = attachedSr(context, params.sr)
      await context.host.disks.close(uuid, params.vdi, options(params))
      return null
    },
  }),
}

/** Datapath.attach for a domain; repeating it answers the same. */
export async function attach(context: Context, params: OnDisk) {
  const { uuid } = attachedSr(context, params.sr)
  return (await context.host.disks.attach(uuid, params.vdi, use(params))).backend
}

/** Whose use of a disk a call is about. */
export function use(params: OnDisk) {
  return { ...options(params), domain: domainOf(params.vm, params.dp) }
}

/** The toolstack has chosen between the two by the features of the volume plugin, so the choice is not made again. */
async function activate(context: Context, params: OnDisk, readOnly: boolean): Promise<null> {
  const { uuid } = attachedSr(context, params.sr)
  await context.host.disks.activate(uuid, params.vdi, { ...use(params), readOnly, exactly: true })
  return null
}

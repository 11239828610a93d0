/** The class DATA: what storage migration needs of a datapath (SMAPIv2 bridge, section 7.6). */
import { attach, ON_DISK, use } from './disk.ts'
import { backendError, Smapiv2Error } from './errors.ts'
import { text } from './marshal.ts'
import { attachedSr, type Method, method, ON_VDI, options } from './method.ts'
import { operation, statusOf } from './records.ts'

/** What a datapath plugin must declare to serve the receiving end of a migration. */
const MIRROR_IN = 'VDI_MIRROR_IN'

export const DATA: Readonly<Record<string, Method>> = {
  'DATA.mirror': method({
    parameters: { ...ON_VDI, image_format: text, vm: text, url: text },
    idempotent: false,
    run: (context, params) => {
      const { uuid } = attachedSr(context, params.sr)
      const { vdi, vm, url: remote } = params
      const as = { ...options(params), domain: vm }
      return context.host.disks.call('Data.mirror', uuid, vdi, ({ uri, domain }) => ({ uri, domain, remote }), as)
    },
  }),

  'DATA.stat': method({
    parameters: { ...ON_VDI, vm: text, operation },
    run: async (context, params) => {
      const { uuid } = attachedSr(context, params.sr)
      const as = { ...options(params), domain: params.vm }
      return statusOf(
        await context.host.disks.call('Data.stat', uuid, params.vdi, () => ({ operation: params.operation }), as),
      )
    },
  }),

  'DATA.import_activate': method({
    parameters: ON_DISK,
    run: (context, params) => {
      const { uuid } = attachedSr(context, params.sr)
      return context.host.disks.call(
        'Datapath.import_activate',
        uuid,
        params.vdi,
        ({ uri, domain, features }) => {
          if (!features.has(MIRROR_IN)) throw new Smapiv2Error(['Unimplemented', MIRROR_IN])
          return { uri, domain }
        },
        use(params),
      )
    },
  }),

  'DATA.get_nbd_server': method({
    parameters: ON_DISK,
    run: async (context, params) => {
      const { implementations } = await attach(context, params)
      const servers = implementations.flatMap(([tag, payload]) => (tag === 'Nbd' ? [payload.uri] : []))
      const socket = /^nbd:unix:([^:]*):exportname=[^:]*$/.exec(servers.at(-1) ?? '')?.[1]
      if (socket === undefined) throw new Smapiv2Error(backendError('No nbd server found'))
      return socket
    },
  }),
}

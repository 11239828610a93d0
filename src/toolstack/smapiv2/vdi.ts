/** The class VDI as far as it is about volumes: life cycle, metadata and changed blocks (SMAPIv2 bridge, 7.3 and 7.4). */
import { undoneOnFailure } from '../../host/undo.ts'
import type { VolumeMethod, VolumeParams } from '../../host/volumes.ts'
import { boolean, dictionary, integer, text } from './marshal.ts'
import { attachedSr, type Context, type Method, method, ON_SR, ON_VDI, options } from './method.ts'
import { KEYS, type Volume, vdiInfo, vdiInfoOf } from './records.ts'

export const VDI: Readonly<Record<string, Method>> = {
  'VDI.create': method({
    parameters: { ...ON_SR, vdi_info: vdiInfo },
    idempotent: false,
    run: (context, params) => {
      const { name_label: name, name_description: description, virtual_size: size, ...info } = params.vdi_info
      const keys = [
        ...(info.ty === '' ? [] : [[KEYS.type, info.ty] as const]),
        ...Object.entries(info.sm_config).map(([key, value]) => [KEYS.smConfig + key, value] as const),
      ]
      const { sharable } = info
      return withKeys(context, params, keys, () =>
        call(context, params, 'Volume.create', { name, description, size, sharable }),
      )
    },
  }),

  'VDI.snapshot': method({
    parameters: { ...ON_SR, vdi_info: vdiInfo },
    idempotent: false,
    run: (context, params) => {
      const { vdi, content_id, ty, tags } = params.vdi_info
      const keys = [
        [KEYS.snapshotTime, timestamp(context.now())],
        [KEYS.isSnapshot, 'true'],
        [KEYS.snapshotOf, vdi],
        [KEYS.contentId, content_id],
        [KEYS.type, ty],
        ...tags.map((tag) => [KEYS.tag + tag, tag] as const),
      ] as const
      return withKeys(context, params, keys, () => call(context, params, 'Volume.snapshot', { key: vdi }))
    },
  }),

  'VDI.clone': method({
    parameters: { ...ON_SR, vdi_info: vdiInfo },
    idempotent: false,
    run: async (context, params) =>
      vdiInfoOf(await call(context, params, 'Volume.clone', { key: params.vdi_info.vdi })),
  }),

  'VDI.revert': method({
    parameters: { ...ON_SR, snapshot_info: vdiInfo },
    idempotent: false,
    run: (context, params) => {
      const { vdi, snapshot_of } = params.snapshot_info
      return call(context, params, 'Volume.revert', { snapshot: vdi, key: snapshot_of })
    },
  }),

  'VDI.compose': method({
    parameters: { ...ON_SR, vdi1: text, vdi2: text },
    idempotent: false,
    run: (context, params) => {
      const { vdi1: parent, vdi2: child } = params
      return call(context, params, 'Volume.compose', { key: child, key2: parent })
    },
  }),

  'VDI.destroy': method({
    parameters: ON_VDI,
    idempotent: false,
    run: async (context, params) => {
      await context.host.volumes.destroy(attachedSr(context, params.sr).uuid, params.vdi, options(params))
      return null
    },
  }),

  'VDI.stat': method({
    parameters: ON_VDI,
    run: async (context, params) => vdiInfoOf(await call(context, params, 'Volume.stat', { key: params.vdi })),
  }),

  'VDI.introduce': method({
    parameters: { ...ON_SR, uuid: text, sm_config: dictionary, location: text },
    run: async (context, params) => vdiInfoOf(await call(context, params, 'Volume.stat', { key: params.location })),
  }),

  'VDI.set_name_label': method({
    parameters: { ...ON_VDI, new_name_label: text },
    run: (context, params) => {
      const { vdi: key, new_name_label: new_name } = params
      return call(context, params, 'Volume.set_name', { key, new_name })
    },
  }),

  'VDI.set_name_description': method({
    parameters: { ...ON_VDI, new_name_description: text },
    run: (context, params) => {
      const { vdi: key, new_name_description: new_description } = params
      return call(context, params, 'Volume.set_description', { key, new_description })
    },
  }),

  'VDI.resize': method({
    parameters: { ...ON_VDI, new_size: integer },
    run: async (context, params) => {
      const { vdi: key, new_size } = params
      await context.host.volumes.resize(attachedSr(context, params.sr).uuid, { key, new_size }, options(params))
      return (await call(context, params, 'Volume.stat', { key })).virtual_size
    },
  }),

  'VDI.set_content_id': method({
    parameters: { ...ON_VDI, content_id: text },
    run: (context, params) => setKey(context, params, params.vdi, KEYS.contentId, params.content_id),
  }),

  'VDI.add_to_sm_config': method({
    parameters: { ...ON_VDI, key: text, value: text },
    run: (context, params) => setKey(context, params, params.vdi, KEYS.smConfig + params.key, params.value),
  }),

  'VDI.remove_from_sm_config': method({
    parameters: { ...ON_VDI, key: text },
    run: (context, params) => unsetKey(context, params, params.vdi, KEYS.smConfig + params.key),
  }),

  'VDI.add_tags': method({
    parameters: { ...ON_VDI, key: text },
    run: (context, params) => setKey(context, params, params.vdi, KEYS.tag + params.key, params.key),
  }),

  'VDI.remove_tags': method({
    parameters: { ...ON_VDI, key: text },
    run: (context, params) => unsetKey(context, params, params.vdi, KEYS.tag + params.key),
  }),

  'VDI.set_persistent': method({ parameters: { ...ON_VDI, persistent: boolean }, run: () => null }),

  'VDI.similar_content': method({ parameters: ON_VDI, run: () => [] }),

  'VDI.enable_cbt': method({
    parameters: ON_VDI,
    run: (context, params) => call(context, params, 'Volume.enable_cbt', { key: params.vdi }),
  }),

  'VDI.disable_cbt': method({
    parameters: ON_VDI,
    run: (context, params) => call(context, params, 'Volume.disable_cbt', { key: params.vdi }),
  }),

  'VDI.list_changed_blocks': method({
    parameters: { ...ON_SR, vdi_from: text, vdi_tp: text },
    aliases: { vdi_tp: 'vdi_to' },
    run: async (context, params) => {
      const { vdi_from: key, vdi_tp: key2 } = params
      const extent = { offset: 0, length: -1 }
      return (await call(context, params, 'Volume.list_changed_blocks', { key, key2, ...extent })).bitmap
    },
  }),

  'VDI.data_destroy': method({
    parameters: ON_VDI,
    run: async (context, params) => {
      await call(context, params, 'Volume.data_destroy', { key: params.vdi })
      return setKey(context, params, params.vdi, KEYS.type, 'cbt_metadata')
    },
  }),
}

interface OnSr {
  readonly dbg: string
  readonly sr: string
}

async function call<M extends VolumeMethod>(context: Context, on: OnSr, name: M, params: VolumeParams<M>) {
  return context.host.volumes.call(name, attachedSr(context, on.sr).uuid, params, options(on))
}

function setKey(context: Context, on: OnSr, key: string, k: string, v: string): Promise<null> {
  return call(context, on, 'Volume.set', { key, k, v })
}

function unsetKey(context: Context, on: OnSr, key: string, k: string): Promise<null> {
  return call(context, on, 'Volume.unset', { key, k })
}

/** Makes a volume and stores keys with it; a volume whose keys cannot be stored is destroyed again. */
function withKeys(
  context: Context,
  on: OnSr,
  keys: readonly (readonly [key: string, value: string])[],
  make: () => Promise<Volume>,
): Promise<object> {
  return undoneOnFailure(async (onFailure) => {
    const volume = await make()
    onFailure(() => call(context, on, 'Volume.destroy', { key: volume.key }))
    for (const [k, v] of keys) await setKey(context, on, volume.key, k, v)
    return vdiInfoOf({ ...volume, keys: { ...volume.keys, ...Object.fromEntries(keys) } })
  })
}

/** `YYYYMMDDTHH:MM:SSZ`, in UTC. */
function timestamp(moment: Date): string {
  return moment
    .toISOString()
    .replaceAll('-', '')
    .replace(/\.\d+Z$/, 'Z')
}

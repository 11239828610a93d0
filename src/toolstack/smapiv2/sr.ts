/** The class SR (SMAPIv2 bridge, sections 7.2 and 7.7). */
import { asSmapiv3Error } from '../../contract/errors.ts'
import type { AttachedSr } from '../../host/attached-srs.ts'
import { Smapiv2Error } from './errors.ts'
import { dictionary, integer, text } from './marshal.ts'
import { attachedSr, CALL, type Context, type Method, method, ON_SR, options } from './method.ts'
import { probeResultOf } from './probe.ts'
import { type SrStat, srInfoOf, vdiInfoOf } from './records.ts'

export const SR: Readonly<Record<string, Method>> = {
  'SR.create': method({
    parameters: {
      ...ON_SR,
      name_label: text,
      name_description: text,
      device_config: dictionary,
      physical_size: integer,
    },
    idempotent: false,
    run: async ({ host, plugin }, { dbg, sr, name_label, name_description, device_config }) => {
      const request = {
        plugin,
        uuid: sr,
        configuration: device_config,
        name: name_label,
        description: name_description,
      }
      return (await host.srs.create(request, { dbg })).configuration
    },
  }),

  'SR.attach': method({
    parameters: { ...ON_SR, device_config: dictionary },
    run: async (context, { dbg, sr, device_config }) => {
      const { host, plugin, listener } = context
      const attached = await host.srs.attach({ plugin, uuid: sr, configuration: device_config }, { dbg })
      await tell(context, attached, (known) => listener.attached(known))
      return null
    },
  }),

  'SR.detach': method({
    parameters: ON_SR,
    run: async (context, params) => {
      const attached = context.host.srs.get(params.sr)
      if (attached === undefined) return null
      await context.host.srs.detach(attached.uuid, { ...options(params), evenIfInUse: true })
      await tell(context, attached, (known) => context.listener.detached(known))
      return null
    },
  }),

  'SR.destroy': method({
    parameters: ON_SR,
    idempotent: false,
    run: async (context, params) => {
      const attached = attachedSr(context, params.sr)
      await context.host.srs.destroy(attached.uuid, { ...options(params), evenIfInUse: true })
      await tell(context, attached, (known) => context.listener.detached(known))
      return null
    },
  }),

  'SR.reset': method({ parameters: ON_SR, run: () => null }),

  'SR.list': method({ parameters: CALL, run: ({ host }) => host.srs.attached().map(({ uuid }) => uuid) }),

  'SR.stat': method({
    parameters: ON_SR,
    run: async (context, params) => srInfoOf(await stat(context, params)),
  }),

  'SR.scan': method({
    parameters: ON_SR,
    run: (context, params) => scan(context, params),
  }),

  'SR.scan2': method({
    parameters: ON_SR,
    run: async (context, params) => {
      const healthy = await statUntilReachable(context, params)
      const [health] = healthy.health
      if (health !== 'Healthy') throw new Smapiv2Error(['Sr_unhealthy', [params.sr, health]])
      return [await scan(context, params), srInfoOf(healthy)]
    },
  }),

  'SR.probe': method({
    parameters: { ...CALL, queue: text, device_config: dictionary, sm_config: dictionary },
    run: async ({ host, plugin }, { dbg, device_config }) =>
      probeResultOf(await host.srs.probe(plugin, device_config, { dbg })),
  }),

  'SR.set_name_label': method({
    parameters: { ...ON_SR, new_name_label: text },
    run: async (context, params) => {
      await context.host.srs.setName(attachedSr(context, params.sr).uuid, params.new_name_label, options(params))
      return null
    },
  }),

  'SR.set_name_description': method({
    parameters: { ...ON_SR, new_name_description: text },
    run: (context, params) => {
      const { uuid } = attachedSr(context, params.sr)
      const description = { new_description: params.new_name_description }
      return context.host.srs.call('SR.set_description', uuid, description, options(params))
    },
  }),
}

interface OnSr {
  readonly dbg: string
  readonly sr: string
}

function stat(context: Context, params: OnSr): Promise<SrStat> {
  return context.host.srs.call('SR.stat', attachedSr(context, params.sr).uuid, {}, options(params))
}

async function scan(context: Context, params: OnSr): Promise<readonly object[]> {
  const volumes = await context.host.volumes.list(attachedSr(context, params.sr).uuid, options(params))
  return volumes.map(vdiInfoOf)
}

/** How often, and after how many seconds, an unreachable SR is asked again before a scan is refused. */
const RETRIES = 3
const RETRY_AFTER = 1

async function statUntilReachable(context: Context, params: OnSr): Promise<SrStat> {
  let answer = await stat(context, params)
  for (let retry = 0; retry < RETRIES && answer.health[0] === 'Unreachable'; retry += 1) {
    await context.pause(RETRY_AFTER)
    answer = await stat(context, params)
  }
  return answer
}

/** Metrics are not worth failing a call that has done its work. */
async function tell(context: Context, sr: AttachedSr, listen: (sr: AttachedSr) => Promise<void>): Promise<void> {
  try {
    await listen(sr)
  } catch (error) {
    context.warn(`the metrics of SR ${sr.uuid} are not kept up: ${asSmapiv3Error(error).message}`)
  }
}

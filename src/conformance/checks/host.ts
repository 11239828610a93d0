/** Checks through the host’s own chain of calls, and over its restart. */
import { mkdirSync, mkdtempSync, statSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { basename, join } from 'node:path'
import { Smapiv3Error } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'
import { Host } from '../../host/host.ts'
import { loadSettings } from '../../host/settings.ts'
import type { Backend } from '../access/access.ts'
import { parseNbdUri } from '../access/nbd-uri.ts'
import { demandPattern, type Pattern, spread, writePattern } from '../access/pattern.ts'
import { type Check, check, story } from '../check.ts'
import type { Context } from '../context.ts'
import { Disk, opened, scratchDisk, uriOf, using } from '../disks.ts'
import type { Sr } from '../sr.ts'
import { ownSr, sharedSr } from '../sr-fixture.ts'
import { CallFailed, demand, demandEqual, NotApplicable, Violation } from '../violation.ts'
import { newVolume, SMALL, type Volume } from '../volumes.ts'

type Operation = Result<'Data.mirror'>

/** Milliseconds for a job on a few MiB: on a busy machine it waits for a processor, and for the disk. */
const JOB = 180_000

/** The blocks of a whole small volume: one. */
export const WHOLE = { blocksize: SMALL, ranges: [[0, 1]] as [number, number][] }

export const HOST_CHECKS: readonly Check[] = [
  check('DATA-KEEP-004', 'own-sr', restart),
  check('DP-IMPORT-001', 'shared', async (context) => {
    const { uri } = await scratchDisk(context)
    const disk = new Disk(context, uri)
    await disk.attach()
    await disk.activate()
    await demandSocket(await context.call('Datapath.import_activate', { uri, domain: disk.domain }))
    await disk.deactivate()
    await disk.detach()
  }),
  story(['DP-MIRROR-001', 'DATA-MIRROR-001', 'DP-MIRROR-003'], 'shared', mirror),
  check('DP-MIRROR-002', 'shared', async (context) => {
    const { uri } = await scratchDisk(context)
    const disk = new Disk(context, uri)
    await disk.attach()
    await disk.activate()
    const remote = `nbd+unix:///nowhere?socket=${context.run.scratch}/missing.sock`
    const { outcome } = await context.outcome('Data.mirror', { uri, domain: disk.domain, remote })
    if (outcome.ok) {
      const status = await ended(context, uri, outcome.value)
      demandEqual(status.failed, true, 'failed')
      await context.outcome('Data.destroy', { operation: outcome.value }, { plugin: pluginOf(context, uri) })
    }
    await disk.deactivate()
    await disk.detach()
  }),
  check('DATA-COPYJOB-001', 'shared', async (context) => {
    const { uri } = await scratchDisk(context)
    const disk = new Disk(context, uri)
    const backend = await disk.attach()
    await disk.activate()
    const pattern = await opened(backend, (access) => writePattern(access, context.random, spread(SMALL)))
    const { domain } = disk
    const target = await destination(context)
    const operation = await context.call('Data.copy', { uri, domain, remote: target.remote, blocklist: WHOLE })
    const status = await ended(context, uri, operation)
    demandEqual({ complete: status.complete, failed: status.failed }, { complete: true, failed: false }, 'the copy')
    await context.outcome('Data.destroy', { operation }, { plugin: pluginOf(context, uri) })
    await opened(target.backend, (access) => demandPattern(access, pattern, 'the bytes of the source'))
    for (const each of [target.disk, disk]) {
      await each.deactivate()
      await each.detach()
    }
  }),
]

/** Demands a socket on which somebody listens. */
export async function demandSocket(path: string): Promise<void> {
  demand(statSync(path, { throwIfNoEntry: false })?.isSocket() === true, 'the path of a socket', path)
  await new Promise<void>((resolve, reject) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', (error) => reject(new Violation(`${path} accepts connections`, error.message)))
  })
}

async function restart(context: Context): Promise<void> {
  const { volume, pattern } = await restarted(context)
  await using(context, uriOf(context, volume), (access) => demandPattern(access, pattern, 'what was written before'))
}

/**
 * Connects a disk in one process of the host, as far as the plugins can tell, and disconnects it in the next.
 * @returns the SR, its volume, and what was written to it
 */
export async function restarted(context: Context): Promise<{ sr: Sr; volume: Volume; pattern: Pattern }> {
  const sr = await ownSr(context)
  const volume = await newVolume(context, sr)
  const domain = context.domain()
  const root = rootOf(context)
  const host = () => {
    const { environment } = context.run
    const settings = loadSettings()
    return new Host({
      roots: [root],
      stateDirectory: join(root, 'state'),
      settings: { ...settings, trace_limit: 0, environment: { ...settings.environment, set: environment } },
      recorder: context.run.caller.log,
    })
  }
  const calls = { dbg: context.dbg, signal: context.flights.killed }
  context.run.caller.log.follow(context.dbg, context.calls)
  // Registers that the disk has to be let go; it is attached below.
  await new Disk(context, uriOf(context, volume), domain).attach()
  const first = host()
  const plugin = basename(context.run.subjects.judged.path)
  await chained(context, () => first.srs.attach({ plugin, uuid: sr.uuid, configuration: sr.complete }, calls))
  const connect = (by: Host) => chained(context, () => by.disks.connect(sr.uuid, volume.key, { ...calls, domain }))
  const { backend } = await connect(first)
  const pattern = await opened(backend, (access) => writePattern(access, context.random, spread(SMALL)))
  first.close()
  const second = host()
  const again = await connect(second)
  demandEqual(again.backend, backend, 'the same backend after a restart of the host')
  await opened(again.backend, (access) => demandPattern(access, pattern, 'what was written before'))
  await chained(context, () => second.disks.disconnect(sr.uuid, volume.key, { ...calls, domain }))
  second.close()
  return { sr, volume, pattern }
}

/** What a call in a chain of the host's own fails with is a finding as that of any other call. */
async function chained<T>(context: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const call = context.calls.findLast(({ outcome }) => !outcome.ok)
    if (!(error instanceof Smapiv3Error) || call === undefined) throw error
    if (call.method !== 'SR.attach') throw new CallFailed(call.method, error, call)
    throw new Violation('SR.attach of an SR that is attached succeeds', error.message, call, 'SR-ATTACH-002')
  }
}

/** A new root with links to the plugins of the run. */
function rootOf({ run }: Context): string {
  const root = mkdtempSync(join(run.scratch, 'root-'))
  const { judged, datapaths } = run.subjects
  const places = [
    { kind: 'volume.d', path: judged.path },
    ...datapaths.map(({ path }) => ({ kind: 'datapath.d', path })),
  ]
  for (const { kind, path } of places) {
    mkdirSync(join(root, kind), { recursive: true })
    symlinkSync(path, join(root, kind, basename(path)))
  }
  return root
}

async function mirror(context: Context): Promise<void> {
  const { uri } = await scratchDisk(context)
  const disk = new Disk(context, uri)
  const backend = await disk.attach()
  await disk.activate()
  const pattern = await opened(backend, (access) => writePattern(access, context.random, spread(SMALL)))
  const target = await destination(context)
  const plugin = pluginOf(context, uri)
  const start = () => context.call('Data.mirror', { uri, domain: disk.domain, remote: target.remote })
  let operation: Operation | undefined
  let later: typeof pattern = new Map()
  await context.step('DP-MIRROR-001', async () => {
    operation = await start()
    const { complete, failed } = await ended(context, uri, operation)
    demandEqual({ complete, failed }, { complete: true, failed: false }, 'the mirror')
    later = await opened(backend, (access) => writePattern(access, context.random, [0]))
  })
  operation ??= await start()
  const running = operation
  await context.judge('DP-MIRROR-003', async () => {
    await context.call('Data.cancel', { operation: running }, { plugin })
    await context.call('Data.destroy', { operation: running }, { plugin })
    const left = await context.call('Data.ls', {}, { plugin })
    demandEqual(
      left.filter((other) => other[1] === running[1]),
      [],
      'not the mirror that was destroyed',
    )
  })
  await context.judge('DATA-MIRROR-001', async () => {
    if (later.size === 0) throw new NotApplicable('needs a mirror that is complete')
    const [, ...rest] = spread(SMALL)
    const expected = new Map([
      ...later,
      ...rest.map((offset) => [offset, pattern.get(offset) ?? Buffer.alloc(0)] as const),
    ])
    await opened(target.backend, (access) => demandPattern(access, expected, 'the bytes of the source'))
  })
  for (const each of [target.disk, disk]) {
    await each.deactivate()
    await each.detach()
  }
}

/** The NBD URI by which a disk can be written, in the form that jobs take; undefined where it has none. */
export function remoteOf({ implementations }: Backend): string | undefined {
  const nbd = implementations.find(([tag]) => tag === 'Nbd')
  const address = nbd !== undefined && 'uri' in nbd[1] ? parseNbdUri(nbd[1].uri) : undefined
  if (address === undefined) return undefined
  const name = encodeURIComponent(address.exportName)
  return 'path' in address.connect
    ? `nbd+unix:///${name}?socket=${encodeURIComponent(address.connect.path).replaceAll('%2F', '/')}`
    : `nbd://${address.connect.host}:${address.connect.port}/${name}`
}

/** Another volume, activated, and the NBD URI by which it can be written. */
export async function destination(context: Context): Promise<{ disk: Disk; backend: Backend; remote: string }> {
  const volume = await newVolume(context, await sharedSr(context))
  const disk = new Disk(context, uriOf(context, volume))
  const backend = await disk.attach()
  await disk.activate()
  const remote = remoteOf(backend)
  if (remote === undefined) throw new NotApplicable('needs an Nbd implementation, to have a server to copy to')
  return { disk, backend, remote }
}

/** The status of a job once it is complete or has failed. */
export async function ended(context: Context, uri: string, operation: Operation): Promise<Result<'Data.stat'>> {
  const end = Date.now() + JOB
  for (;;) {
    const status = await context.call('Data.stat', { operation }, { plugin: pluginOf(context, uri) })
    if (status.complete || status.failed) return status
    if (Date.now() > end) throw new Violation(`a job that ends within ${JOB / 1000} s`, status)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

export function pluginOf(context: Context, uri: string): string {
  return context.pluginFor('Datapath.attach', { uri })
}

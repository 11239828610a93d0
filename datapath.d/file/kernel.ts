/**
 * Raw disks by the kernel: as they are, or through a loop device. The life cycle of section 11 of the script protocol.
 */
import type { Params, Result } from '../../src/contract/methods.ts'
import { blockDeviceObstacle } from '../../src/engine/engines.ts'
import { explain } from '../../src/engine/explanation.ts'
import { LifeCycleError } from '../../src/engine/qsd/datapath.ts'
import { overBlockDevice } from '../../src/engine/qsd/datapath-answer.ts'
import { devicesOf, flush, freeUnusedDevices, isDeviceOf, provideDevice, refreshDevice } from './device.ts'
import { type Access, accessTo, type Disk, parseDisk } from './disk.ts'
import { type Attachment, changeState, type DomainState } from './state.ts'

type Backend = Result<'Datapath.attach'>

/** What it takes to do more with a disk than the kernel can. */
export const WITH_DAEMON = 'attach it with the option engine=qsd, in its URI or in config.json beside the plugin'

const LOOP = 'a loop device of the kernel: the disk is raw, and no option asks for more than the kernel can do'

export function attach({ uri, domain }: Params<'Datapath.attach'>): Backend {
  const disk = parseDisk(uri)
  const access = accessTo(disk)
  return changeState(disk.realPath, (before) => {
    const found = find(before, disk, domain)
    if (found?.device !== undefined && isDeviceOf(found.device, disk)) {
      refreshDevice(found.device, access)
      return { attachments: before, result: backend(disk, access, found.device) }
    }
    const device = access.loop ? provideDevice(disk, access) : undefined
    return {
      attachments: put(before, disk, domain, { state: found?.state ?? 'attached', device }),
      result: backend(disk, access, device),
    }
  })
}

export function activate({ uri, domain }: Params<'Datapath.activate'>): null {
  return activateAs(uri, domain, 'activated')
}

export function activateReadonly({ uri, domain }: Params<'Datapath.activate_readonly'>): null {
  return activateAs(uri, domain, 'activated_readonly')
}

/** Whether a domain has the disk attached, with whatever options. */
export function isAttached(uri: string): boolean {
  return changeState(parseDisk(uri).realPath, (attachments) => ({ attachments, result: attachments.length > 0 }))
}

/** Whether any domain has the disk activated. */
export function isActive(uri: string): boolean {
  return changeState(parseDisk(uri).realPath, (attachments) => ({
    attachments,
    result: attachments.some(({ state }) => state !== 'attached'),
  }))
}

/**
 * The disk, activated for writing for a domain.
 * @throws LifeCycleError where it is not
 */
export function activatedDisk(uri: string, domain: string): Disk {
  const disk = parseDisk(uri)
  return changeState(disk.realPath, (attachments) => {
    if (find(attachments, disk, domain)?.state === 'activated') return { attachments, result: disk }
    throw new LifeCycleError(`${disk.path} is not activated for domain ${domain}: call Datapath.activate first`)
  })
}

/**
 * The disk, activated for a domain while nobody writes to it: what was written before is in its file.
 * @throws LifeCycleError where it is not
 */
export function quiescentDisk(uri: string, domain: string): Disk {
  const disk = parseDisk(uri)
  const { readOnly } = accessTo(disk)
  return changeState(disk.realPath, (attachments) => {
    const state = find(attachments, disk, domain)?.state ?? 'attached'
    if (state === 'attached') {
      throw new LifeCycleError(
        `${disk.path} is not activated for domain ${domain}: call Datapath.activate_readonly first`,
      )
    }
    const writer = attachments.find((attachment) => attachment.state === 'activated')
    if (writer !== undefined && !readOnly) {
      throw new LifeCycleError(
        `the kernel serves ${disk.path}, and domain ${writer.domain} may write to it: activate it for reading only, or ${WITH_DAEMON}`,
      )
    }
    return { attachments, result: disk }
  })
}

/** Flushes, so that a host the domain migrates to reads what was written here. */
export function deactivate({ uri, domain }: Params<'Datapath.deactivate'>): null {
  const disk = parseDisk(uri)
  return changeState(disk.realPath, (before) => {
    const found = find(before, disk, domain)
    for (const path of pathsToFlush(disk, found)) flush(path)
    const attachments = found === undefined ? before : put(before, disk, domain, { ...found, state: 'attached' })
    return { attachments, result: null }
  })
}

/**
 * Never fails once the URI is understood: what cannot be flushed or freed now is said on stderr, and freeing is tried
 * again by the next detach of the file. A domain that is still active is deactivated first.
 */
export function detach({ uri, domain }: Params<'Datapath.detach'>): null {
  const disk = parseDisk(uri)
  return changeState(disk.realPath, (before) => {
    const found = find(before, disk, domain)
    const attachments = before.filter((attachment) => attachment !== found)
    if (found?.state === 'activated') report(() => pathsToFlush(disk, found).forEach(flush))
    report(() => freeUnusedDevices(disk, attachments))
    return { attachments, result: null }
  })
}

function activateAs(uri: string, domain: string, state: DomainState): null {
  const disk = parseDisk(uri)
  const access = accessTo(disk)
  return changeState(disk.realPath, (before) => {
    const found = find(before, disk, domain) ?? adopt(disk, domain)
    if (found.state === 'activated_readonly' && state === 'activated') {
      throw new LifeCycleError(`${disk.path} is activated read-only for domain ${domain}: deactivate it first`)
    }
    if (found.device !== undefined) {
      if (!isDeviceOf(found.device, disk)) {
        throw new LifeCycleError(`${found.device} does not serve ${disk.path} any more: detach it and attach it again`)
      }
      refreshDevice(found.device, access)
    }
    if (found.state === 'activated' || found.state === state) return { attachments: before, result: null }
    return { attachments: put(before, disk, domain, { ...found, state }), result: null }
  })
}

/** The attachment of a domain whose record was lost: as long as there is a loop device, the disk is attached. */
function adopt(disk: Disk, domain: string): Attachment {
  const device = devicesOf(disk).find((each) => isDeviceOf(each, disk))
  if (device !== undefined) return { domain, options: disk.options, state: 'attached', device }
  throw new LifeCycleError(`${disk.path} is not attached for domain ${domain}: call Datapath.attach first`)
}

function pathsToFlush(disk: Disk, found: Attachment | undefined): readonly string[] {
  if (found === undefined) return devicesOf(disk)
  return found.state === 'activated' ? [found.device ?? disk.path] : []
}

/** The implementations, the best of each kind first: a guest needs the XenDisk, dom0 one of the others. */
function backend(disk: Disk, { kind }: Access, device: string | undefined): Backend {
  const block = device ?? (kind === 'block' ? disk.path : undefined)
  const implementations: Backend['implementations'] = [
    ...(block === undefined ? [] : overBlockDevice(block, disk)),
    ...(kind === 'file' ? ([['File', { path: disk.path }]] satisfies Backend['implementations']) : []),
  ]
  const engine =
    device === undefined ? `none, the ${kind === 'block' ? 'block device' : 'file'} is used as it is` : LOOP
  explain(implementations, engine, disk.backend, blockDeviceObstacle(false))
  return { implementations }
}

function find(attachments: readonly Attachment[], disk: Disk, domain: string): Attachment | undefined {
  return attachments.find((attachment) => attachment.domain === domain && attachment.options === disk.options)
}

function put(
  attachments: readonly Attachment[],
  disk: Disk,
  domain: string,
  { state, device }: { readonly state: DomainState; readonly device?: string | undefined },
): readonly Attachment[] {
  const others = attachments.filter((attachment) => attachment !== find(attachments, disk, domain))
  return [...others, { domain, options: disk.options, state, ...(device === undefined ? {} : { device }) }]
}

function report(action: () => void): void {
  try {
    action()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  }
}

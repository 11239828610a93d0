/**
 * VHD images by tapdisk, where blktap is installed: it was made for them, and guests reach it without a detour through
 * the kernel (backend vbd3). The life cycle of section 11 of the script protocol; the tapdisk runs from attach to detach,
 * and has the image open from activate to deactivate.
 */
import type { Params, Result } from '../../src/contract/methods.ts'
import { readOptions } from '../../src/engine/disk-options.ts'
import { parseDiskUri } from '../../src/engine/disk-uri.ts'
import { explain } from '../../src/engine/explanation.ts'
import { LifeCycleError } from '../../src/engine/qsd/datapath.ts'
import { overBlockDevice } from '../../src/engine/qsd/datapath-answer.ts'
import {
  closeVhd,
  createTapdisk,
  destroyTapdisk,
  hasTapCtl,
  isTapDevice,
  openVhd,
  type Tapdisk,
  tapDevice,
  tapdisks,
  vhdImage,
} from '../../src/engine/tap-ctl.ts'
import { errors } from '../../src/kit/index.ts'
import { flush } from './device.ts'
import { accessTo, type Disk, DiskError, OWN_OPTIONS, parseDisk } from './disk.ts'
import { formatOf } from './driver.ts'
import { type Attachment, changeState, type DomainState } from './state.ts'

const ENGINE = 'tapdisk: the image is a VHD, and blktap is installed; with the option engine=qsd, QEMU serves it'

/** Whether a URI says that tapdisk shall serve it. */
export function isDemanded(text: string): boolean {
  const { own } = readOptions(parseDiskUri(text), OWN_OPTIONS)
  return own.get('engine') === 'tapdisk' || own.get('backend') === 'vbd3'
}

/** Whether a URI is for tapdisk: it says so, or nothing that speaks against it. */
export function isForTapdisk(text: string): boolean {
  const uri = parseDiskUri(text)
  const options = readOptions(uri, OWN_OPTIONS)
  const isVhd = formatOf(uri) === 'vhd'
  if (isDemanded(text)) {
    if (!isVhd) throw new DiskError('tapdisk serves VHD images only: leave out engine=tapdisk and backend=vbd3')
    if (!hasTapCtl()) throw errors.missingDependency('tap-ctl', 'blktap')
    return true
  }
  return (
    isVhd &&
    !options.own.has('engine') &&
    !options.own.has('backend') &&
    options.limits === undefined &&
    options.detectZeroes === 'off' &&
    [undefined, 'none'].includes(options.cache) &&
    hasTapCtl()
  )
}

/** Whether tapdisk has the image of a URI, whatever its options say. */
export function isInTapdisk(uri: string): boolean {
  if (formatOf(parseDiskUri(uri)) !== 'vhd') return false
  const disk = parseDisk(uri)
  return changeState(disk.realPath, (attachments) => ({
    attachments,
    result:
      attachments.some(({ device }) => device !== undefined && isTapDevice(device)) ||
      (hasTapCtl() && ofDisk(disk, []).length > 0),
  }))
}

export function attach({ uri, domain }: Params<'Datapath.attach'>): Result<'Datapath.attach'> {
  const disk = parseDisk(uri)
  accessTo(disk)
  return changeState(disk.realPath, (before) => {
    const tapdisk = living(disk, before) ?? replaced(disk, before)
    const device = tapDevice(tapdisk)
    const state = before.find((each) => each.domain === domain)?.state ?? 'attached'
    const kept = before.filter((each) => each.domain !== domain).map((each) => ({ ...each, device }))
    const implementations = overBlockDevice(device, { backend: 'vbd3', discard: disk.discard })
    explain(implementations, ENGINE, 'vbd3', undefined)
    const attachments = [...kept, { domain, options: disk.options, state, device }]
    open(disk, tapdisk, { before: [], after: attachments })
    return { attachments, result: { implementations } }
  })
}

/** @param state that the domain shall have */
export function activate({ uri, domain }: Params<'Datapath.activate'>, state: DomainState): null {
  const disk = parseDisk(uri)
  accessTo(disk)
  return changeState(disk.realPath, (recorded) => {
    const tapdisk = living(disk, recorded)
    const before = adopted(disk, tapdisk, domain, recorded)
    const found = before.find((each) => each.domain === domain)
    if (found === undefined || tapdisk === undefined) {
      const what = found === undefined ? 'the disk is not attached' : 'the tapdisk has died'
      throw new LifeCycleError(`${what} for domain ${domain}: call Datapath.attach first`)
    }
    if (found.state === 'activated_readonly' && state === 'activated') {
      throw new LifeCycleError(`${disk.path} is activated read-only for domain ${domain}: deactivate it first`)
    }
    const after = found.state === 'activated' ? found.state : state
    const attachments = before.map((each) => (each === found ? { ...each, state: after } : each))
    open(disk, tapdisk, { before, after: attachments })
    return { attachments, result: null }
  })
}

export function deactivate({ uri, domain }: Params<'Datapath.deactivate'>): null {
  const disk = parseDisk(uri)
  return changeState(disk.realPath, (recorded) => {
    const tapdisk = living(disk, recorded)
    const attachments = adopted(disk, tapdisk, domain, recorded).map(
      (each): Attachment => (each.domain === domain ? { ...each, state: 'attached' } : each),
    )
    closeUnused(tapdisk, attachments)
    return { attachments, result: null }
  })
}

export function detach({ uri, domain }: Params<'Datapath.detach'>): null {
  const disk = parseDisk(uri)
  return changeState(disk.realPath, (before) => {
    const attachments = before.filter((each) => each.domain !== domain)
    try {
      closeUnused(living(disk, before), attachments)
      if (attachments.length === 0) for (const tapdisk of ofDisk(disk, before)) destroyTapdisk(tapdisk)
    } catch (error) {
      // Detach must not fail (script protocol, section 7.4).
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    }
    return { attachments, result: null }
  })
}

/** Opens the image where a domain has it activated, for writing where one does. */
function open(
  disk: Disk,
  tapdisk: Tapdisk,
  { before, after }: Readonly<Record<'before' | 'after', readonly Attachment[]>>,
): void {
  const { readOnly } = accessTo(disk)
  const forWriting = (attachments: readonly Attachment[]): boolean =>
    !readOnly && attachments.some(({ state }) => state === 'activated')
  if (after.every(({ state }) => state === 'attached')) return
  if (tapdisk.image !== undefined) {
    if (forWriting(before) || !forWriting(after)) return
    closeVhd(tapdisk)
  }
  openVhd(tapdisk, disk.realPath, !forWriting(after))
}

function closeUnused(tapdisk: Tapdisk | undefined, attachments: readonly Attachment[]): void {
  if (tapdisk?.image === undefined || attachments.some(({ state }) => state !== 'attached')) return
  flush(tapDevice(tapdisk))
  closeVhd(tapdisk)
}

/** The record, or where it was lost: the image is open for the domain that asks. */
function adopted(
  disk: Disk,
  tapdisk: Tapdisk | undefined,
  domain: string,
  recorded: readonly Attachment[],
): readonly Attachment[] {
  if (recorded.length > 0 || tapdisk === undefined) return recorded
  return [{ domain, options: disk.options, state: 'activated', device: tapDevice(tapdisk) }]
}

/** A new tapdisk, in place of one that has died. */
function replaced(disk: Disk, attachments: readonly Attachment[]): Tapdisk {
  for (const dead of ofDisk(disk, attachments)) destroyTapdisk(dead)
  return createTapdisk()
}

function living(disk: Disk, attachments: readonly Attachment[]): Tapdisk | undefined {
  return ofDisk(disk, attachments).find(({ pid }) => pid !== undefined)
}

/** The tapdisks of a disk: those in its record, and one that has its image open, for when the record was lost. */
function ofDisk({ realPath }: Disk, attachments: readonly Attachment[]): readonly Tapdisk[] {
  return tapdisks().filter(
    (tapdisk) =>
      tapdisk.image === vhdImage(realPath) || attachments.some(({ device }) => device === tapDevice(tapdisk)),
  )
}

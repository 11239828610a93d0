/** Which targets a portal has, and which logical units a target: asked by the tools of libiscsi. */

import { reachServer } from '../server.ts'
import { runToolWithin, type Tool, ToolError } from '../tool.ts'
import { hostInitiatorName, LAST_UNIT, type Portal, portalText } from './address.ts'

/** Milliseconds that one tool may take: more than the time after which a target is thought to be dead. */
const PATIENCE = 30_000

/** Tools that run at once. */
const AT_ONCE = 8

/** Units that are tried one by one where a portal does not list them. */
const TRIED_UNITS = 256

/** Who to be at a target. */
export interface Login {
  /** The login by CHAP; undefined where the target does not ask for one. */
  readonly chap?: { readonly user: string; readonly password: string }
  /** Undefined: the name of the kernel's initiator or, where there is none, that of libiscsi. */
  readonly initiatorName?: string
}

/** A target that did not let us in. */
export class IscsiAuthenticationError extends Error {
  override readonly name = 'IscsiAuthenticationError'
  /** What the tool had printed until then. */
  readonly stdout: string

  constructor(message: string, stdout: string) {
    super(message)
    this.stdout = stdout
  }
}

/** There is no such target at the portal, for this initiator. */
export class TargetNotFoundError extends Error {
  override readonly name = 'TargetNotFoundError'
}

/** A logical unit that is a disk. */
export interface Unit {
  readonly lun: number
  /** Bytes. */
  readonly size: number
  readonly vendor: string
  readonly product: string
  /** The unit's serial number; empty where it has none. */
  readonly serial: string
  /** A name that no other unit has, as its designators say in text, otherwise the serial number. */
  readonly scsiId: string
}

/**
 * The names of the targets that a portal tells this host of.
 * @throws ServerUnreachableError, IscsiAuthenticationError, ToolError, PluginError (MissingDependency)
 */
export async function findTargets(portal: Portal, login: Login): Promise<readonly string[]> {
  await reachServer(portal)
  return sectionsOf(await ask('iscsi-ls', login, [`iscsi://${portalText(portal)}`])).map(({ target }) => target)
}

/**
 * The disks of a target, in the order of their numbers.
 * @throws ServerUnreachableError, IscsiAuthenticationError, TargetNotFoundError, ToolError
 */
export async function findUnits(portal: Portal, target: string, login: Login): Promise<readonly Unit[]> {
  await reachServer(portal)
  const luns = await listedUnits(portal, target, login)
  const units = await inTurns(luns ?? Array.from({ length: TRIED_UNITS }, (_, lun) => lun), (lun) =>
    findUnit(portal, target, lun, login),
  )
  return units.filter((unit) => unit !== undefined)
}

/** A disk of a target; undefined where the target has none of that number. */
export async function findUnit(portal: Portal, target: string, lun: number, login: Login): Promise<Unit | undefined> {
  const url = `iscsi://${portalText(portal)}/${target}/${lun}`
  let inquiry: string
  try {
    inquiry = await ask('iscsi-inq', login, [url])
  } catch (error) {
    if (error instanceof ToolError && /LOGICAL_UNIT_NOT_SUPPORTED/.test(error.stderr)) return undefined
    throw error
  }
  if (fieldOf(inquiry, 'Peripheral Device Type') !== 'DIRECT_ACCESS') return undefined
  if (fieldOf(inquiry, 'Peripheral Qualifier') !== 'CONNECTED') return undefined
  const serial = await productPage(url, login, SERIAL_NUMBER)
  const identification = await productPage(url, login, IDENTIFICATION)
  const capacity = await ask('iscsi-readcapacity16', login, [url])
  const serialNumber = (/^Unit Serial Number:\[(.*)\]$/m.exec(serial)?.[1] ?? '').trim()
  return {
    lun,
    size: Number(/^Total size:(\d+)$/m.exec(capacity)?.[1]),
    vendor: fieldOf(inquiry, 'Vendor'),
    product: fieldOf(inquiry, 'Product'),
    serial: serialNumber,
    scsiId: designatorOf(identification) ?? serialNumber,
  }
}

/** Pages of vital product data; the tool takes them in decimal. */
const SERIAL_NUMBER = 0x80
const IDENTIFICATION = 0x83

/** A page of vital product data; empty where the unit does not have it. */
async function productPage(url: string, login: Login, page: number): Promise<string> {
  try {
    return await ask('iscsi-inq', login, ['--evpd=1', `--pagecode=${page}`, url])
  } catch (error) {
    if (error instanceof ToolError && /ILLEGAL_REQUEST/.test(error.stderr)) return ''
    throw error
  }
}

/**
 * The first designator of the unit itself that is text. Those that are bytes the tool prints up to their first zero, so
 * that two units could seem to have the same.
 */
function designatorOf(page: string): string | undefined {
  for (const block of page.split(/^DEVICE DESIGNATOR #\d+$/m).slice(1)) {
    const isText = /^Code Set:\((2|3)\)/m.test(block)
    const text = /^Designator:\[([\x20-\x7e]+)\]$/m.exec(block)?.[1]?.trim()
    if (isText && /^Association:\(0\)/m.test(block) && text) return text
  }
  return undefined
}

/**
 * The numbers of a target's units as the portal lists them; undefined where the list does not get that far: the tool
 * logs in to one target after the other, and gives up at the first that refuses.
 */
async function listedUnits(portal: Portal, target: string, login: Login): Promise<readonly number[] | undefined> {
  let output: string
  let refused: unknown
  try {
    output = await ask('iscsi-ls', login, ['--show-luns', `iscsi://${portalText(portal)}`])
  } catch (error) {
    if (!(error instanceof IscsiAuthenticationError || error instanceof ToolError)) throw error
    refused = error
    output = error.stdout
  }
  const sections = sectionsOf(output)
  const found = sections.filter((section) => section.target === target)
  if (refused === undefined) {
    if (found.length > 0) return [...new Set(found.flatMap(({ luns }) => luns))].sort((left, right) => left - right)
    throw new TargetNotFoundError(`the portal ${portalText(portal)} does not tell this host of the target ${target}`)
  }
  if (sections.at(-1)?.target === target) throw refused
  return found.length > 0 ? found.flatMap(({ luns }) => luns) : undefined
}

interface Section {
  readonly target: string
  readonly luns: readonly number[]
}

/** The targets in the output of iscsi-ls; one with several portals comes several times. */
function sectionsOf(output: string): readonly Section[] {
  const sections: { target: string; luns: number[] }[] = []
  for (const line of output.split('\n')) {
    const target = /^Target:(\S+) Portal:/.exec(line)?.[1]
    if (target !== undefined) sections.push({ target, luns: [] })
    const lun = /^Lun:(\d+)\s+Type:DIRECT_ACCESS/.exec(line)?.[1]
    if (lun !== undefined && Number(lun) <= LAST_UNIT) sections.at(-1)?.luns.push(Number(lun))
  }
  return sections
}

/** Runs a tool; user and password go by its environment, which only this user and root can see. */
async function ask(tool: Tool, { chap, initiatorName }: Login, args: readonly string[]): Promise<string> {
  const name = initiatorName ?? hostInitiatorName()
  const environment =
    chap === undefined ? {} : { LIBISCSI_CHAP_USERNAME: chap.user, LIBISCSI_CHAP_PASSWORD: chap.password }
  try {
    return await runToolWithin(tool, [...(name === undefined ? [] : [`--initiator-name=${name}`]), ...args], PATIENCE, {
      environment,
    })
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    const who = chap === undefined ? 'without a login' : `as ${chap.user}`
    // The tools say it on stderr or on stdout.
    const reason = /Failed to log in.*/.exec(`${error.stderr}\n${error.stdout}`)?.[0] ?? ''
    if (/Authentication failure|Authorization failure/.test(reason)) {
      throw new IscsiAuthenticationError(`the target does not let this host in ${who}: ${reason}`, error.stdout)
    }
    if (/Target not found/.test(reason)) throw new TargetNotFoundError(reason)
    throw error
  }
}

async function inTurns<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let first = 0; first < items.length; first += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(first, first + AT_ONCE).map(task))))
  }
  return results
}

function fieldOf(text: string, name: string): string {
  return (new RegExp(`^${name}:(.*)$`, 'm').exec(text)?.[1] ?? '').trim()
}

/** Where the logical units of iSCSI targets are, and who asks for them. */
import { readFileSync } from 'node:fs'
import { errnoOf } from '../storage-error.ts'

/** The well-known port of iSCSI (RFC 7143). */
export const ISCSI_PORT = 3260

/** SCSI numbers logical units with two bytes in the form that all targets know. */
export const LAST_UNIT = 0xffff

/** An address at which targets are. */
export interface Portal {
  /** Name or address, without the brackets of an IPv6 address. */
  readonly host: string
  readonly port: number
}

/** A portal in a URI. */
export function portalText({ host, port }: Portal): string {
  return `${host.includes(':') ? `[${host}]` : host.toLowerCase()}:${port}`
}

/** What a target can be called (RFC 7143, section 4.2.7); nothing in it has a meaning in a URI. */
const TARGET_NAME = /^(iqn|eui|naa)\.[a-z0-9.:-]+$/

/** Whether a text can be the name of a target. */
export function isTargetName(text: string): boolean {
  return TARGET_NAME.test(text) && text.length <= 223
}

/** Where open-iscsi keeps the name of this host. */
const INITIATOR_NAME_FILE = '/etc/iscsi/initiatorname.iscsi'

/** The name by which targets know the kernel's initiator of this host; undefined where there is none. */
export function hostInitiatorName(): string | undefined {
  try {
    return /^\s*InitiatorName\s*=\s*(\S+)/m.exec(readFileSync(INITIATOR_NAME_FILE, 'utf8'))?.[1]
  } catch (error) {
    // Only root may read it.
    if (['ENOENT', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

/** Logical units of iSCSI targets. */
import { readFileSync } from 'node:fs'
import { credentialsOf } from '../../src/engine/credentials.ts'
import { type DiskOptions, describeDisk } from '../../src/engine/disk-options.ts'
import { DiskUriError, type ParsedUri } from '../../src/engine/disk-uri.ts'
import type { SchemeDriver } from '../../src/engine/qsd/datapath.ts'
import { errnoOf } from '../../src/engine/storage-error.ts'

/** The well-known port of iSCSI (RFC 7143). */
const PORT = 3260

/** SCSI numbers logical units with two bytes in the form that all targets know. */
const LAST_UNIT = 0xffff

/** Where open-iscsi keeps the name of this host. */
const INITIATOR_NAME_FILE = '/etc/iscsi/initiatorname.iscsi'

export const iscsiDriver: SchemeDriver = {
  options: { 'initiator-name': 'text', transport: ['tcp', 'iser'] },
  group(uri) {
    unitOf(uri)
    return `iscsi:${portalOf(uri)}`
  },
  server: ({ host, port }) => ({ host, port: port ?? PORT }),
  describe(uri, options) {
    const { target, lun } = unitOf(uri)
    const { user, password } = credentialsOf(uri, options)
    if (user !== undefined && password === undefined) throw new DiskUriError(uri.text, `user ${user} has no password`)
    const initiatorName = initiatorNameOf(options)
    return describeDisk(
      {
        // A unit has no name whose extension would mean a format.
        path: '',
        protocol: {
          driver: 'iscsi',
          transport: options.own.get('transport') === 'iser' ? 'iser' : 'tcp',
          portal: portalOf(uri),
          target,
          lun,
          ...(user === undefined ? {} : { user }),
          ...(initiatorName === undefined ? {} : { 'initiator-name': initiatorName }),
        },
        ...(password === undefined ? {} : { secrets: [{ option: 'password-secret', data: password }] }),
      },
      options,
    )
  },
}

function portalOf({ host, port }: ParsedUri): string {
  const name = host.includes(':') ? `[${host}]` : host.toLowerCase()
  return `${name}:${port ?? PORT}`
}

/** @throws DiskUriError */
function unitOf({ text, host, path }: ParsedUri): { target: string; lun: number } {
  const [, target, lun] = /^\/([^/]+)\/(\d+)$/.exec(path) ?? []
  if (host === '' || target === undefined || Number(lun) > LAST_UNIT) {
    throw new DiskUriError(text, 'it is not iscsi://portal[:port]/target/lun')
  }
  return { target, lun: Number(lun) }
}

/** The name by which targets know this host: that of the option, or the kernel initiator's; undefined: QEMU's own. */
function initiatorNameOf({ own }: DiskOptions): string | undefined {
  const given = own.get('initiator-name')
  if (given !== undefined) return given
  try {
    return /^\s*InitiatorName\s*=\s*(\S+)/m.exec(readFileSync(INITIATOR_NAME_FILE, 'utf8'))?.[1]
  } catch (error) {
    // Where only root may read it, other users are QEMU's initiator.
    if (['ENOENT', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

/** Logical units of iSCSI targets. */
import { credentialsOf } from '../../src/engine/credentials.ts'
import { type DiskOptions, describeDisk } from '../../src/engine/disk-options.ts'
import { DiskUriError, type ParsedUri } from '../../src/engine/disk-uri.ts'
import { hostInitiatorName, ISCSI_PORT, LAST_UNIT, portalText } from '../../src/engine/iscsi/address.ts'
import type { SchemeDriver } from '../../src/engine/qsd/datapath.ts'

export const iscsiDriver: SchemeDriver = {
  options: { 'initiator-name': 'text', transport: ['tcp', 'iser'] },
  group(uri) {
    unitOf(uri)
    return `iscsi:${portalOf(uri)}`
  },
  server: ({ host, port }) => ({ host, port: port ?? ISCSI_PORT }),
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
  return portalText({ host, port: port ?? ISCSI_PORT })
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
  return own.get('initiator-name') ?? hostInitiatorName()
}

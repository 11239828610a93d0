/** RADOS block devices: images in the pools of a Ceph cluster. */
import { keyOf } from '../../src/engine/ceph/keyring.ts'
import { DEFAULT_CONFIGURATION, parseMonitors, reachMonitors } from '../../src/engine/ceph/monitors.ts'
import { type Credentials, CredentialsError, credentialsOf } from '../../src/engine/credentials.ts'
import { ConfigurationError, type DiskOptions, describeDisk } from '../../src/engine/disk-options.ts'
import { DiskUriError, type ParsedUri } from '../../src/engine/disk-uri.ts'
import type { SchemeDriver } from '../../src/engine/qsd/datapath.ts'

/** Who Ceph's clients are unless told otherwise. */
const DEFAULT_USER = 'admin'

export const rbdDriver: SchemeDriver = {
  options: { conf: 'absolute path', monitors: 'text', id: 'text', keyring: 'absolute path' },
  group(uri) {
    imageOf(uri)
    return `rbd:${uri.query.get('monitors') ?? uri.query.get('conf') ?? DEFAULT_CONFIGURATION}`
  },
  // Ceph's library would wait for minutes, and with it all disks of the daemon.
  prepare: reach,
  reach,
  describe(uri, options) {
    const { pool, namespace, image, snapshot } = imageOf(uri)
    const conf = options.own.get('conf')
    const monitors = options.own.get('monitors')
    const { user, password: key } = loginOf(uri, options)
    return describeDisk(
      {
        // An image has no name whose extension would mean a format.
        path: '',
        readOnly: snapshot !== undefined,
        protocol: {
          driver: 'rbd',
          pool,
          image,
          ...(namespace === undefined ? {} : { namespace }),
          ...(snapshot === undefined ? {} : { snapshot }),
          ...(conf === undefined ? {} : { conf }),
          ...(monitors === undefined ? {} : { server: serversOf(monitors) }),
          ...(user === undefined ? {} : { user }),
        },
        ...(key === undefined ? {} : { secrets: [{ option: 'key-secret', data: key, format: 'base64' }] }),
      },
      options,
    )
  },
}

function reach(_: ParsedUri, { own }: DiskOptions): Promise<void> {
  return reachMonitors({ conf: own.get('conf'), monitors: own.get('monitors') })
}

interface RbdImage {
  readonly pool: string
  readonly namespace?: string | undefined
  readonly image: string
  readonly snapshot?: string | undefined
}

/**
 * `rbd://pool[/namespace]/image[@snapshot]`, as Ceph's own tools write an image.
 * @throws DiskUriError
 */
function imageOf({ text, host: pool, port, path }: ParsedUri): RbdImage {
  const [, namespace, image, snapshot] = /^\/(?:([^/@]+)\/)?([^/@]+)(?:@([^/@]+))?$/.exec(path) ?? []
  if (pool === '' || port !== undefined || image === undefined) {
    throw new DiskUriError(text, 'it is not rbd://pool[/namespace]/image[@snapshot]')
  }
  return { pool, namespace, image, snapshot }
}

/** Monitors as QEMU takes them. */
function serversOf(monitors: string): { host: string; port: string }[] {
  const servers = parseMonitors(monitors).map(({ host, port }) => ({ host, port: String(port) }))
  if (servers.length > 0) return servers
  throw new ConfigurationError(`monitors is not a list of addresses such as 10.0.0.1,10.0.0.2: ${monitors}`)
}

/** The Ceph user without `client.`, and the key in base64; what is undefined Ceph's own configuration says. */
function loginOf(uri: ParsedUri, options: DiskOptions): Credentials {
  const { user, password } = credentialsOf(uri, options)
  const id = options.own.get('id') ?? user
  const keyring = options.own.get('keyring')
  const key = keyring === undefined ? password : keyOf(keyring, id ?? DEFAULT_USER)
  if (key !== undefined && !/^[A-Za-z0-9+/]+={0,2}$/.test(key)) throw new CredentialsError('the Ceph key is not base64')
  return { ...(id === undefined ? {} : { user: id }), ...(key === undefined ? {} : { password: key }) }
}

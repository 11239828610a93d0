/** Where an SR on a Ceph cluster is: a pool, or a namespace in it, and how the cluster is reached. */
import { DiskUriError, parseDiskUri } from '../disk-uri.ts'
import type { ClusterAddress } from './monitors.ts'

/** The options of the URI of an SR: those of the URIs of its images that say how the cluster is reached. */
const OPTIONS = ['conf', 'id', 'keyring', 'monitors'] as const

/** The pool, or namespace, of an SR. */
export interface SrLocation extends ClusterAddress {
  readonly pool: string
  /** Empty for the namespace that every pool has. */
  readonly namespace: string
  /** The Ceph user without `client.`; Ceph's own `admin` where undefined. */
  readonly id?: string | undefined
  /** Path of the user's keyring; where Ceph's configuration says, where undefined. */
  readonly keyring?: string | undefined
}

/**
 * Takes `rbd://pool[/namespace][?conf=…&id=…&keyring=…&monitors=…]` apart.
 * @throws DiskUriError
 */
export function parseSrUri(text: string): SrLocation {
  const { scheme, user, host: pool, port, path, query } = parseDiskUri(text)
  const [matched, namespace = ''] = /^\/?([^/@]*)\/?$/.exec(path) ?? []
  if (scheme !== 'rbd' || user !== undefined || pool === '' || port !== undefined || matched === undefined) {
    throw new DiskUriError(text, 'it is not rbd://pool or rbd://pool/namespace')
  }
  for (const [name, value] of query) {
    if (!(OPTIONS as readonly string[]).includes(name)) {
      throw new DiskUriError(text, `there is no option ${name}; there are ${OPTIONS.join(', ')}`)
    }
    if (value === '') throw new DiskUriError(text, `its option ${name} is empty`)
    if (['conf', 'keyring'].includes(name) && !value.startsWith('/')) {
      throw new DiskUriError(text, `its option ${name} is not an absolute path`)
    }
  }
  return { pool, namespace, ...Object.fromEntries(query) }
}

/** The URI of an SR, the same for the same location. */
export function formatSrUri(location: SrLocation): string {
  return `rbd://${placeOf(location)}${queryOf(location)}`
}

/** The URI of an image, or a snapshot of it, for the datapath plugin. */
export function formatImageUri(location: SrLocation, image: string, snapshot?: string): string {
  const name = encodeURIComponent(image) + (snapshot === undefined ? '' : `@${encodeURIComponent(snapshot)}`)
  return `rbd://${placeOf(location)}/${name}${queryOf(location)}`
}

/** A pool and its namespace as Ceph's tools write them. */
export function placeName({ pool, namespace }: SrLocation): string {
  return namespace === '' ? pool : `${pool}/${namespace}`
}

function placeOf({ pool, namespace }: SrLocation): string {
  return [pool, ...(namespace === '' ? [] : [namespace])].map(encodeURIComponent).join('/')
}

function queryOf(location: SrLocation): string {
  const options = OPTIONS.flatMap((name) => {
    const value = location[name]
    return value === undefined ? [] : [`${name}=${encodeURIComponent(value).replaceAll('%2F', '/')}`]
  })
  return options.length === 0 ? '' : `?${options.join('&')}`
}

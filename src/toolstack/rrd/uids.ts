/** Names of an SR's metrics (SMAPIv2 bridge, section 10): a shared-memory file that the metrics service reads. */
import { schemeOf } from '../../contract/uri.ts'

const SCHEME = 'xeno+shm'

/** The name in each URI of that scheme: its percent-decoded path without the first character. Other URIs have none. */
export function uidsOf(datasources: readonly string[]): string[] {
  return datasources.flatMap((uri) => {
    if (schemeOf(uri)?.toLowerCase() !== SCHEME) return []
    const path = /^[^:]*:(?:\/\/[^/?#]*)?([^?#]*)/.exec(uri)?.[1] ?? ''
    const uid = decoded(path).slice(1)
    return uid === '' ? [] : [uid]
  })
}

/** A URI with that name. */
export function datasourceOf(uid: string): string {
  return `${SCHEME}:///${encodeURIComponent(uid)}`
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Which URI of a volume, and by it which datapath plugin, reaches the bytes. */
import { Smapiv3Error } from '../contract/errors.ts'
import { redactUri } from '../contract/redact.ts'
import { schemeOf } from '../contract/uri.ts'

/** A URI that was not chosen, and why. */
export interface PassedOver {
  /** Without its credentials. */
  readonly uri: string
  readonly reason: string
}

/** The choice, with its explanation. */
export interface Choice<Datapath> {
  readonly uri: string
  readonly scheme: string
  readonly datapath: Datapath
  /** The URIs that stand before the chosen one. */
  readonly passedOver: readonly PassedOver[]
}

/** The datapath plugin of a scheme, or why there is none. */
export type DatapathLookup<Datapath> = (scheme: string) => Promise<Datapath | { readonly reason: string }>

/**
 * The first URI whose scheme has a datapath plugin: the order is the volume plugin's, most desirable first, and the same
 * for every call, so that open, attach and detach of one disk never go to different plugins.
 * @param volume named in the error
 * @throws Smapiv3Error NO_DATAPATH, with the reason for each URI
 */
export async function chooseDatapath<Datapath extends object>(
  volume: string,
  uris: readonly string[],
  lookup: DatapathLookup<Datapath>,
): Promise<Choice<Datapath>> {
  const passedOver: PassedOver[] = []
  for (const uri of uris) {
    const scheme = schemeOf(uri)
    const found = scheme === undefined ? { reason: 'it has no scheme (RFC 3986)' } : await lookup(scheme)
    if (scheme !== undefined && !('reason' in found)) return { uri, scheme, datapath: found, passedOver }
    passedOver.push({ uri: redactUri(uri), reason: 'reason' in found ? String(found.reason) : '' })
  }
  const reasons = passedOver.map(({ uri, reason }) => `${uri}: ${reason}`).join('; ')
  throw new Smapiv3Error('NO_DATAPATH', `no datapath for volume ${volume}: ${reasons || 'it has no URI at all'}`)
}

/** SR.probe: what a configuration leads to. */
import type { Params, Result } from '../../src/contract/methods.ts'
import { formatSrUri, parseSrUri, type SrLocation } from '../../src/engine/ceph/location.ts'
import { withSession } from '../../src/engine/ceph/session.ts'
import { DamagedFileError } from '../../src/engine/sr/record-file.ts'
import { type Configuration, completeConfiguration } from './configuration.ts'
import { HELPER, readIdentity } from './repository.ts'
import { describeSr } from './stat.ts'

type Found = Result<'SR.probe'>[number]

/** Options of a URI without a pool, such as `rbd:?conf=/etc/ceph/ceph.conf`. */
const WITHOUT_POOL = /^rbd:(?:\/{0,3})(\?.*)?$/

/**
 * Without a pool, tells which pools there are. With one, finds the SR in it and those in its namespaces; where there is
 * none, says whether SR.create could make one. A configuration that names an sr_uuid finds that SR only.
 */
export async function probe({ configuration }: Params<'SR.probe'>): Promise<Result<'SR.probe'>> {
  const { uri = 'rbd:' } = configuration
  const [withoutPool, query = ''] = WITHOUT_POOL.exec(uri) ?? []
  if (withoutPool !== undefined) return pools(configuration, query)
  const location = parseSrUri(uri)
  const found = await existing(configuration, location)
  if (found.length > 0 || configuration.sr_uuid !== undefined) return found
  return creatable(configuration, location)
}

async function pools(configuration: Configuration, query: string): Promise<Found[]> {
  const { pool: _, namespace: __, ...cluster } = parseSrUri(`rbd://none${query}`)
  const names = await withSession(HELPER, cluster, (session) => session.request('pools', {}))
  return names.map((pool) =>
    incomplete({ ...configuration, uri: formatSrUri({ ...cluster, pool, namespace: '' }) }, 'a pool: probe it'),
  )
}

async function existing(configuration: Configuration, location: SrLocation): Promise<Found[]> {
  const here = await srAt(configuration, location)
  if (here.length > 0 || location.namespace !== '') return here
  const namespaces = await withSession(HELPER, location, (session) => session.request('namespaces', {}))
  const found: Found[] = []
  for (const namespace of [...namespaces].sort()) found.push(...(await srAt(configuration, { ...location, namespace })))
  return found
}

async function srAt(configuration: Configuration, location: SrLocation): Promise<Found[]> {
  return withSession(HELPER, location, async (session) => {
    try {
      const identity = await readIdentity(session)
      if (identity === undefined || (configuration.sr_uuid ?? identity.uuid) !== identity.uuid) return []
      const complete = completeConfiguration(configuration, location, identity.uuid)
      const sr = await describeSr(session, location, identity)
      return [{ configuration: complete, complete: true, sr, extra_info: {} }]
    } catch (error) {
      // A damaged SR must be seen, not taken for an empty pool.
      if (!(error instanceof DamagedFileError)) throw error
      return [incomplete({ ...configuration, uri: formatSrUri(location) }, error.message)]
    }
  })
}

async function creatable(configuration: Configuration, location: SrLocation): Promise<Found[]> {
  const images = await withSession(HELPER, location, (session) => session.request('images', {}))
  const here = { ...configuration, uri: formatSrUri(location) }
  if (images.length > 0) return [incomplete(here, 'no SR, but images: SR.create would refuse it; name a namespace')]
  return [{ configuration: here, complete: true, extra_info: { message: 'no images: ready for SR.create' } }]
}

/** Never with sr_uuid: a host refuses an incomplete result that has one (script protocol, section 7.2). */
function incomplete({ sr_uuid: _, ...configuration }: Configuration, message: string): Found {
  return { configuration, complete: false, extra_info: { message } }
}

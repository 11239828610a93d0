/** The methods of class SR, except SR.probe. */
import type { Params, Result } from '../../src/contract/methods.ts'
import { formatSrUri, placeName, type SrLocation } from '../../src/engine/ceph/location.ts'
import { CephError, type CephSession, withSession } from '../../src/engine/ceph/session.ts'
import { SrMismatchError, SrNotCreatedError } from '../../src/engine/sr/errors.ts'
import { unreachableSr } from '../../src/engine/sr/health.ts'
import { errors } from '../../src/kit/index.ts'
import { completeConfiguration, locationOf } from './configuration.ts'
import { endJob, forgetJob, wishJob, workInProgress } from './flatten-job.ts'
import { type Identity, newIdentity, OBJECT } from './records.ts'
import { removeEverything, sweep } from './removal.ts'
import { ATTACHMENTS, checkIdentity, HELPER, knownIdentity, readIdentity, withRepository } from './repository.ts'
import { describeSr } from './stat.ts'
import { createRecords, transact } from './transaction.ts'
import { stopFlattening } from './work.ts'

/** Seconds that SR.stat waits for the cluster before it says that it is unreachable. */
const STAT_PATIENCE = 15

/** What pools of RBD are marked with. */
const APPLICATION = 'rbd'

export async function create(params: Params<'SR.create'>): Promise<Result<'SR.create'>> {
  const { configuration, uuid, name, description } = params
  const location = locationOf(configuration)
  const { pool, namespace } = location
  // The default namespace always is there; the one that is asked for may have to be made.
  await withSession(HELPER, { ...location, namespace: '' }, async (session) => {
    const applications = await session.request('pool_applications', {})
    if (applications.length > 0 && !applications.includes(APPLICATION)) {
      throw new SrNotCreatedError(
        `the pool ${pool} is for ${applications.join(', ')}, not for images; name another pool`,
      )
    }
    // Not for a user who may only use pools, where the administrator has done it.
    if (applications.length === 0) await session.request('pool_init', {})
    const made = namespace !== '' && (await makeNamespace(session, namespace))
    try {
      await withSession(HELPER, location, async (inside) => {
        await refuseOccupied(inside, location)
        const identity = newIdentity(uuid, name, description, made)
        if (!(await createRecords(inside, identity))) await refuseOccupied(inside, location)
      })
    } catch (error) {
      if (made) await session.request('namespace_remove', { name: namespace })
      throw error
    }
  })
  return completeConfiguration(configuration, location, uuid)
}

export function attach({ configuration }: Params<'SR.attach'>): Promise<Result<'SR.attach'>> {
  const location = locationOf(configuration)
  const sr = formatSrUri(location)
  return withSession(HELPER, location, async (session) => {
    const { uuid, destroying } = await expectedIdentity(session, location, configuration.sr_uuid)
    const attachment = { sr, uuid }
    const isWished = !destroying && (await sweep({ session, location, attachment }))
    ATTACHMENTS.record(attachment)
    if (isWished) await wishJob(sr)
    return sr
  })
}

export async function detach({ sr }: Params<'SR.detach'>): Promise<void> {
  await endJob(sr)
  forgetJob(sr)
  ATTACHMENTS.forget(sr)
}

/**
 * The record of the SR says first that it is being destroyed, and goes last: a call that was killed can be repeated, and
 * nothing that it left looks like an SR with fewer volumes.
 */
export async function destroy({ sr }: Params<'SR.destroy'>): Promise<void> {
  const attachment = ATTACHMENTS.of(sr)
  const made = await withRepository(sr, async (repository) => {
    const { session } = repository
    const identity = await transact(session, [], async (transaction) => {
      const found = await transaction.identity()
      if (found === undefined && attachment.destroying !== undefined) return undefined
      const known = knownIdentity(repository, found)
      transaction.setIdentity({ ...known, destroying: true })
      return known
    })
    const { made_namespace } = identity ?? attachment.destroying ?? { made_namespace: false }
    if (identity !== undefined) {
      ATTACHMENTS.record({ ...attachment, destroying: { made_namespace } })
      await endJob(sr)
      await stopFlattening(session)
      await removeEverything(repository)
      await session.request('remove_object', { object: OBJECT })
    }
    return made_namespace ? repository.location : undefined
  })
  if (made !== undefined) await removeNamespace(made)
  forgetJob(sr)
  ATTACHMENTS.forget(sr)
}

export async function stat({ sr }: Params<'SR.stat'>): Promise<Result<'SR.stat'>> {
  const attachment = ATTACHMENTS.of(sr)
  try {
    return await withRepository(
      sr,
      async (repository) => {
        const { session, location } = repository
        return describeSr(session, location, knownIdentity(repository, await readIdentity(session)), workInProgress(sr))
      },
      { patience: STAT_PATIENCE },
    )
  } catch (error) {
    return unreachableSr(attachment, error)
  }
}

export function change(sr: string, body: Partial<Pick<Identity, 'name' | 'description'>>): Promise<void> {
  return withRepository(sr, (repository) =>
    transact(repository.session, [], async (transaction) => {
      transaction.setIdentity({ ...checkIdentity(repository, await transaction.identity()), ...body })
    }),
  )
}

/** Makes a namespace unless it exists, and says whether it did. */
async function makeNamespace(session: CephSession, name: string): Promise<boolean> {
  if ((await session.request('namespaces', {})).includes(name)) return false
  await session.request('namespace_create', { name })
  return true
}

/** What others have put into it meanwhile stays, and the namespace with it. */
async function removeNamespace(location: SrLocation): Promise<void> {
  try {
    await withSession(HELPER, { ...location, namespace: '' }, (session) =>
      session.request('namespace_remove', { name: location.namespace }),
    )
  } catch (error) {
    if (!(error instanceof CephError && ['ENOENT', 'EBUSY', 'ENOTEMPTY'].includes(error.errno))) throw error
  }
}

async function refuseOccupied(session: CephSession, location: SrLocation): Promise<void> {
  const identity = await readIdentity(session)
  const place = placeName(location)
  if (identity !== undefined) {
    throw new SrNotCreatedError(
      `${place} holds the SR ${identity.uuid} (${identity.name}) already; attach that, or name another pool or namespace`,
    )
  }
  const images = await session.request('images', {})
  if (images.length === 0) return
  const seen = images.slice(0, 3).join(', ') + (images.length > 3 ? ` and ${images.length - 3} more` : '')
  throw new SrNotCreatedError(`${place} holds images: ${seen}; name an empty pool, or a namespace to be made in it`)
}

async function expectedIdentity(session: CephSession, location: SrLocation, expected?: string): Promise<Identity> {
  const identity = await readIdentity(session)
  if (identity === undefined) throw errors.srDoesNotExist(formatSrUri(location))
  if (expected === undefined || expected === identity.uuid) return identity
  throw new SrMismatchError(`${placeName(location)} holds the SR ${identity.uuid}, not ${expected}`)
}

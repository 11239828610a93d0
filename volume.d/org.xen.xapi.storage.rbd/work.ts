/**
 * Calls at work on images. What a call is going to make it says before, in a record, and its records of what it made take
 * the place of that one in one step. So what a killed call left is known, and the next call that changes anything
 * removes it.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { CephError, type CephSession } from '../../src/engine/ceph/session.ts'
import { randomUuid } from '../../src/engine/identifiers.ts'
import { bootId } from '../../src/engine/run-directory.ts'
import { IMAGES, parseWork, recordOf, SR_KEY, WORK, type Work } from './records.ts'
import { checkIdentity, type Repository } from './repository.ts'
import { removeSnapshot } from './snapshots.ts'
import { listRecords, readRecords, type Transaction, transact } from './transaction.ts'

/** Milliseconds after which a call of another host counts as dead; what it still has open is not removed. */
const LONGEST = 60 * 60 * 1000

/** What a call is going to make. */
export type Plan = Pick<Work, 'images' | 'snapshots' | 'flattening'>

/** A call that is at work. */
export interface AtWork {
  /** Ends the work in the transaction that writes what it made. */
  end(transaction: Transaction): void
}

/**
 * Runs a body that changes images. What it planned to make is removed where it fails.
 * @throws SrUnreachableError where the SR is being destroyed
 */
export async function atWork<T>(
  repository: Repository,
  plan: Partial<Plan>,
  body: (work: AtWork) => Promise<T>,
): Promise<T> {
  const { session } = repository
  const id = randomUuid()
  const work: Work = {
    process: describeProcess(session.pid) ?? '',
    addresses: session.addresses,
    since: Date.now(),
    images: [],
    snapshots: [],
    ...plan,
  }
  await removeLeftovers(session)
  await transact(session, [], async (transaction) => {
    checkIdentity(repository, await transaction.identity())
    transaction.setWork(id, work)
  })
  let ended = false
  try {
    return await body({
      end(transaction) {
        transaction.setWork(id, undefined)
        ended = true
      },
    })
  } catch (error) {
    await undo(session, work)
    ended = false
    throw error
  } finally {
    if (!ended) await transact(session, [], async (transaction) => transaction.setWork(id, undefined))
  }
}

/**
 * Removes what dead calls left.
 * @returns whether there are calls at work on this host that live
 */
export async function removeLeftovers(session: CephSession): Promise<boolean> {
  let living = false
  for (const [id, text] of await listRecords(session, WORK)) {
    const work = parseWork(id, text)
    const state = stateOf(work)
    if (state === 'alive') living = true
    if (state !== 'dead' && state !== 'forgotten') continue
    // Only where it surely is dead: whoever it is loses all it has open.
    if (state === 'dead') await severed(session, work)
    await undo(session, work)
    await transact(session, [], async (transaction) => transaction.setWork(id, undefined))
  }
  return living
}

/**
 * Has the jobs that flatten an image, or any, on whatever host, lose what they have open: somebody needs it for himself.
 * @returns whether there are such
 */
export async function stopFlattening(session: CephSession, image?: string): Promise<boolean> {
  const works = [...(await listRecords(session, WORK))].map(([id, text]) => parseWork(id, text))
  const wanted = works.filter(({ flattening }) => flattening !== undefined && flattening === (image ?? flattening))
  for (const work of wanted) await severed(session, work)
  return wanted.length > 0
}

/** Without it, the cluster waits half a minute for a dead client to answer before anybody else has its images. */
async function severed(session: CephSession, { addresses }: Work): Promise<void> {
  try {
    await session.request('sever', { address: addresses })
  } catch (error) {
    // A user without the capability waits.
    if (!(error instanceof CephError)) throw error
  }
}

/** Removes those things of a plan that did not become anybody's. */
async function undo(session: CephSession, { images, snapshots }: Plan): Promise<void> {
  const recorded = new Map(
    await readRecords(session, [
      SR_KEY,
      ...images.map((image) => IMAGES + image),
      ...snapshots.map(([, snapshot]) => recordOf(snapshot)),
    ]),
  )
  for (const image of images) {
    if (recorded.get(IMAGES + image) === '') await leaving(session.request('remove', { image }))
  }
  for (const [image, name] of snapshots) {
    if (recorded.get(recordOf(name)) === '') await leaving(removeSnapshot(session, image, name))
  }
}

/** What is in use, or gone, is left; so is a parent that children have found. */
async function leaving(removal: Promise<null>): Promise<void> {
  try {
    await removal
  } catch (error) {
    if (!(error instanceof CephError)) throw error
    if (!['ENOENT', 'EBUSY', 'ENOTEMPTY', 'ESTALE'].includes(error.errno)) throw error
  }
}

type State = 'alive' | 'dead' | 'elsewhere' | 'forgotten'

function stateOf({ process, since }: Work): State {
  const [place, pid] = process.split(':')
  if (place === herePlace()) return describeProcess(Number(pid)) === process ? 'alive' : 'dead'
  return Date.now() - since > LONGEST ? 'forgotten' : 'elsewhere'
}

/** `BOOT/NAMESPACE:PID:START`, the same for the same process only; undefined where there is none. */
function describeProcess(pid: number): string | undefined {
  try {
    // The name, in parentheses, may hold anything.
    const [, rest = ''] = /^\d+ \(.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    const [state, ...fields] = rest.split(' ')
    return state === 'Z' ? undefined : `${herePlace()}:${pid}:${fields[18]}`
  } catch {
    return undefined
  }
}

/** Processes of one place have different numbers. */
function herePlace(): string {
  return `${bootId()}/${readlinkSync('/proc/self/ns/pid').replace(':', '=')}`
}

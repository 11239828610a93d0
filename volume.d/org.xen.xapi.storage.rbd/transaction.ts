/**
 * Changes of records, each as a whole or not at all, by any number of processes on any number of hosts, and without locks
 * that somebody could die with: a transaction reads what it needs and says what it wants to write, and Ceph writes if
 * what was read is still so. Otherwise somebody was faster, and the transaction is run again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { CephError, type CephSession } from '../../src/engine/ceph/session.ts'
import { errors } from '../../src/kit/index.ts'
import {
  formatRecord,
  type Identity,
  IMAGES,
  type Image,
  isKey,
  OBJECT,
  parseIdentity,
  parseImage,
  parseVolume,
  SR_KEY,
  VOLUMES,
  type Volume,
  WORK,
  type Work,
} from './records.ts'

/** How often a transaction is run again before it is given up: others were faster each time. */
const ATTEMPTS = 200

/** Milliseconds, times a random number up to the number of attempts, between two of them. */
const PAUSE = 2

/** A record that changes so often that there is no getting in. */
export class ContentionError extends Error {
  override readonly name = 'ContentionError'
}

/** What a transaction reads and writes. */
export interface Transaction {
  /** The record of the SR, as it was stored; undefined where there is no SR. */
  identity(): Promise<Identity | undefined>
  volume(key: string): Promise<Volume | undefined>
  image(name: string): Promise<Image | undefined>
  setIdentity(identity: Identity): void
  setVolume(key: string, volume: Volume | undefined): void
  setImage(name: string, image: Image | undefined): void
  setWork(id: string, work: Work | undefined): void
}

/**
 * Runs a transaction. Its body may be run several times; it must change nothing but what it is given.
 * @param ahead keys of records that the body is going to read, to be read in one go
 * @throws whatever the body throws, and nothing is written then
 */
export async function transact<T>(
  session: CephSession,
  ahead: readonly string[],
  body: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const seen = new Map(await readRecords(session, [SR_KEY, ...ahead]))
    const changes = new Map<string, string>()
    const result = await body(transactionOn(session, seen, changes))
    if (changes.size === 0 || (await commit(session, seen, changes))) return result
    await sleep(Math.random() * PAUSE * attempt)
  }
  throw new ContentionError(`the records of the SR changed ${ATTEMPTS} times while this call tried to; repeat it`)
}

/** The values of some records, empty for those that are not there. */
export async function readRecords(
  session: CephSession,
  keys: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  const found = await absentAsEmpty(session.request('read', { object: OBJECT, keys: [...new Set(keys)] }))
  return keys.map((key) => [key, found[key] ?? ''] as const)
}

/** All records whose keys begin so, by the rest of the key. */
export async function listRecords(session: CephSession, prefix: string): Promise<ReadonlyMap<string, string>> {
  const found = await absentAsEmpty(session.request('list_records', { object: OBJECT, prefix }))
  return new Map(Object.entries(found).map(([key, value]) => [key.slice(prefix.length), value]))
}

/** Writes the first record of an SR; says whether there was none. */
export function createRecords(session: CephSession, identity: Identity): Promise<boolean> {
  const values = { [SR_KEY]: formatRecord(identity) }
  return session.request('write', { object: OBJECT, compare: {}, values, remove: [], create: true })
}

async function absentAsEmpty<T extends object>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof CephError && error.errno === 'ENOENT') return {} as T
    throw error
  }
}

function transactionOn(session: CephSession, seen: Map<string, string>, changes: Map<string, string>): Transaction {
  async function get(key: string): Promise<string> {
    if (!seen.has(key)) for (const [name, value] of await readRecords(session, [key])) seen.set(name, value)
    return changes.get(key) ?? seen.get(key) ?? ''
  }
  async function record<T>(key: string, parse: (text: string) => T): Promise<T | undefined> {
    const text = await get(key)
    return text === '' ? undefined : parse(text)
  }
  const put = (key: string, value: Parameters<typeof formatRecord>[0] | undefined): void => {
    changes.set(key, value === undefined ? '' : formatRecord(value))
  }
  return {
    identity: () => record(SR_KEY, parseIdentity),
    async volume(key) {
      if (!isKey(key)) throw errors.volumeDoesNotExist(key)
      return record(VOLUMES + key, (text) => parseVolume(key, text))
    },
    image: (name) => record(IMAGES + name, (text) => parseImage(name, text)),
    setIdentity: (identity) => put(SR_KEY, identity),
    setVolume: (key, volume) => put(VOLUMES + key, volume),
    setImage: (name, image) => put(IMAGES + name, image),
    setWork: (id, work) => put(WORK + id, work),
  }
}

async function commit(session: CephSession, seen: ReadonlyMap<string, string>, changes: ReadonlyMap<string, string>) {
  const values = [...changes].filter(([, value]) => value !== '')
  const remove = [...changes].filter(([, value]) => value === '')
  try {
    return await session.request('write', {
      object: OBJECT,
      compare: Object.fromEntries(seen),
      values: Object.fromEntries(values),
      remove: remove.map(([key]) => key),
    })
  } catch (error) {
    // The SR has been destroyed meanwhile: the next attempt sees it.
    if (error instanceof CephError && error.errno === 'ENOENT') return false
    throw error
  }
}

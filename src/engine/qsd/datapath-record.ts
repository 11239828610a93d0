/**
 * Which domains have a disk attached, on this host: one file for each URI below the run directory. It may be lost; what
 * the daemon has is then still found by the URI.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeRunFile } from '../atomic-file.ts'
import type { ParsedUri } from '../disk-uri.ts'
import { lockBeside } from '../lock.ts'
import { bootId, fileNameFor, runDirectory } from '../run-directory.ts'
import { errnoOf } from '../storage-error.ts'

/** Where a domain stands with a disk (script protocol, section 11); who is not named is detached. */
export type DomainState = 'attached' | 'activated' | 'activated read-only'

/** The domains of one URI, by their name. */
export type Domains = ReadonlyMap<string, DomainState>

/** What is known about one URI. */
export interface DiskRecord {
  /** Without user information and query, which may hold secrets. */
  readonly uri: string
  readonly domains: Domains
}

/** What a call makes of the domains, and its result. */
export interface Change<T> {
  readonly domains: Domains
  readonly result: T
}

/** Runs a body while no other call changes anything of the URI, and stores the domains that it returns. */
export async function withRecord<T>(uri: ParsedUri, body: (domains: Domains) => Promise<Change<T>>): Promise<T> {
  const file = recordFile(uri)
  const held = await lockBeside(`${file}.lock`)
  try {
    const { domains, result } = await body(readRecord(file)?.domains ?? new Map())
    if (domains.size === 0) rmSync(file, { force: true })
    else writeRecord(file, { uri: shown(uri), domains })
    return result
  } finally {
    if (existsSync(file)) held.release()
    else held.remove()
  }
}

/** Whether any domain has the URI attached. */
export function isRecorded(uri: ParsedUri): boolean {
  return readRecord(recordFile(uri)) !== undefined
}

/** Every URI of a scheme that is attached on this host. */
export function records(scheme: string): readonly DiskRecord[] {
  const directory = runDirectory('datapath', 'qsd', scheme)
  return readdirSync(directory)
    .filter((name) => name.endsWith(EXTENSION))
    .flatMap((name) => readRecord(join(directory, name)) ?? [])
}

/** A URI without user information and query, which may hold secrets. */
export function shown({ scheme, host, port, path }: ParsedUri): string {
  return `${scheme}://${host}${port === undefined ? '' : `:${port}`}${path}`
}

const EXTENSION = '.json'

function recordFile(uri: ParsedUri): string {
  return join(runDirectory('datapath', 'qsd', uri.scheme), `${fileNameFor(uri.text)}${EXTENSION}`)
}

/** The record in a file; undefined where there is none, it is damaged, or it is from before the host started last. */
function readRecord(file: string): DiskRecord | undefined {
  try {
    const { boot, uri, domains } = JSON.parse(readFileSync(file, 'utf8')) as {
      boot: string
      uri: string
      domains: [string, DomainState][]
    }
    return boot === bootId() ? { uri, domains: new Map(domains) } : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

function writeRecord(file: string, { uri, domains }: DiskRecord): void {
  // Made again, where somebody removed the run directory meanwhile.
  runDirectory('datapath', 'qsd')
  writeRunFile(file, JSON.stringify({ boot: bootId(), uri, domains: [...domains] }))
}

/** What tells this host from others that share its storage: those who share a run directory are one host. */
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomUuid } from '../identifiers.ts'
import { runDirectory } from '../run-directory.ts'
import { errnoOf } from '../storage-error.ts'

/** Made with the run directory, and so anew with each start of the host. */
export function hostId(): string {
  const path = join(runDirectory(), 'host')
  return readId(path) ?? makeId(path)
}

function makeId(path: string): string {
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, randomUuid(), { mode: 0o600 })
  try {
    linkSync(temporary, path)
  } catch (error) {
    // Another process was faster.
    if (errnoOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
  return readFileSync(path, 'utf8')
}

function readId(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

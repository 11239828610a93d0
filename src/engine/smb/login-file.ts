/**
 * The login of an SR on a share, for the calls after SR.attach and for the datapath: a file of mode 600 in the run
 * directory, or a link to the one that an administrator wrote. It goes with the SR's mount.
 */
import { lstatSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeRunFile, replaceRunFile } from '../atomic-file.ts'
import { type Credentials, readCredentials } from '../credentials.ts'
import { fileNameFor, runDirectory } from '../run-directory.ts'

/** Where the login of an SR comes from; nobody in particular where neither is given. */
export interface LoginSource {
  /** The path of an administrator's file. */
  readonly file?: string
  readonly login?: Credentials
}

/** Whether it is anybody but a guest. */
export function isSomebody({ file, login }: LoginSource): boolean {
  return file !== undefined || login !== undefined
}

/** The login itself. */
export function readLogin({ file, login }: LoginSource): Credentials {
  return file === undefined ? (login ?? {}) : readCredentials(file)
}

export function saveLogin(sr: string, { file, login }: LoginSource): void {
  const path = loginFile(sr)
  // It is read from there when the share is mounted again.
  if (file === path) return
  if (file !== undefined) replaceRunFile(path, (temporary) => symlinkSync(file, temporary))
  else if (login !== undefined) {
    replaceRunFile(path, (temporary) => writeFileSync(temporary, textOf(login), { mode: 0o600 }))
  } else forgetLogin(sr)
}

/** The login that was saved, as a source: also where it is a link to a file that has gone, so that nobody becomes a guest by that. */
export function savedLogin(sr: string): LoginSource {
  return lstatSync(loginFile(sr), { throwIfNoEntry: false }) !== undefined ? { file: loginFile(sr) } : {}
}

/** It is no error where there is none. */
export function forgetLogin(sr: string): void {
  removeRunFile(loginFile(sr))
}

function textOf(login: Credentials): string {
  const lines = { username: login.user, password: login.password, domain: login.domain }
  return Object.entries(lines)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}\n`]))
    .join('')
}

/** Where the login of an SR is, if it has one. */
export function loginFile(sr: string): string {
  return join(runDirectory('smb-logins'), fileNameFor(sr))
}

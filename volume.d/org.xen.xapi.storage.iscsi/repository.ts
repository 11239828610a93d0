/** SRs that are attached on this host, and the logins that their targets ask for. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../../src/engine/atomic-file.ts'
import type { Login } from '../../src/engine/iscsi/discovery.ts'
import { fileNameFor, runDirectory } from '../../src/engine/run-directory.ts'
import { type Attachment as AnyAttachment, attachmentsOf } from '../../src/engine/sr/attachments.ts'
import type { Place } from './configuration.ts'

/** An SR that is attached on this host. */
export interface Attachment extends AnyAttachment {
  readonly place: Place
  readonly name: string
  readonly description: string
  readonly initiatorname?: string
  /** Path of the file of mode 600 with the login by CHAP, where there is one. */
  readonly credentials?: string
}

export const attachments = attachmentsOf<Attachment>('iscsi', {
  place: 'object',
  name: 'string',
  description: 'string',
  initiatorname: 'string?',
  credentials: 'string?',
})

/** Writes the login of an SR where the datapath plugin finds it, in its form; the path, where there is a login. */
export function storeLogin(sr: string, { chap }: Login): string | undefined {
  const path = credentialsFile(sr)
  if (chap === undefined) {
    rmSync(path, { force: true })
    return undefined
  }
  writeFileAtomic(path, `username=${chap.user}\npassword=${chap.password}\n`)
  return path
}

export function forgetLogin(sr: string): void {
  rmSync(credentialsFile(sr), { force: true })
}

/** The login of an attached SR. */
export function storedLogin({ credentials, initiatorname }: Attachment): Login {
  const initiator = initiatorname === undefined ? {} : { initiatorName: initiatorname }
  if (credentials === undefined) return initiator
  const [, user = '', password = ''] = /^username=(.*)\npassword=(.*)\n$/.exec(readFileSync(credentials, 'utf8')) ?? []
  return { ...initiator, chap: { user, password } }
}

/** Held while an SR is attached or detached. */
export function lockFile(sr: string): string {
  return fileOf(sr, 'lock')
}

function credentialsFile(sr: string): string {
  return fileOf(sr, 'credentials')
}

function fileOf(sr: string, ending: string): string {
  return join(runDirectory('volume', 'iscsi'), `${fileNameFor(sr)}.${ending}`)
}

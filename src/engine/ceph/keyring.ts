/** Keyring files of Ceph: sections named by the user, with the key in base64. */
import { CredentialsError, readPrivateFile } from '../credentials.ts'

/**
 * The key of a user in a keyring.
 * @param id the user without `client.`
 * @throws CredentialsError where others can read the file, or it has no key of the user
 */
export function keyOf(path: string, id: string): string {
  let section = ''
  for (const line of readPrivateFile(path).split(/\r?\n/)) {
    section = /^\s*\[(.*)\]\s*$/.exec(line)?.[1] ?? section
    const key = /^\s*key\s*=\s*(\S+)\s*$/.exec(line)?.[1]
    if (section === `client.${id}` && key !== undefined) return key
  }
  throw new CredentialsError(`${path} has no key of client.${id}`)
}

/** Names in the paths of the message-switch protocol. */
import { SwitchError } from './switch-error.ts'

/**
 * Checks the name of a queue of ours, or a token. The switch decodes a path twice and splits it in between, so that a
 * name with a slash or a percent sign is understood differently by different clients.
 * @throws SwitchError bad name
 */
export function checkName(name: string): string {
  if (name !== '' && !/[/%]/.test(name)) return name
  const what = name === '' ? 'it is empty' : 'it contains / or %'
  throw new SwitchError('bad name', `${JSON.stringify(name)} cannot name a queue of message-switch: ${what}`)
}

/** A name, also one chosen by somebody else, as a component of a path: encoded for each of the two decodings. */
export function component(name: string): string {
  return name.replace(/[^A-Za-z0-9._~:@!$&'()*,;=-]/gu, (character) => {
    return encodeURIComponent(encodeURIComponent(character))
  })
}

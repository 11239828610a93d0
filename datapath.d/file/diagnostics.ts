/** Plugin.diagnostics: what is attached on this host. */
import { canUseLoops } from '../../src/engine/loop.ts'
import { type State, states } from './state.ts'

export function diagnostics(): string {
  const attached = states()
  return [
    `loop devices: ${canUseLoops() ? 'usable' : 'not usable by this user, so that files are offered as files only'}`,
    ...(attached.length === 0 ? ['nothing is attached'] : attached.flatMap(describe)),
  ].join('\n')
}

function describe({ path, attachments }: State): readonly string[] {
  return attachments.map(
    ({ domain, options, state, device }) =>
      `${path}${options === '' ? '' : ` (${options})`}: domain ${domain} ${state}${device === undefined ? '' : ` through ${device}`}`,
  )
}

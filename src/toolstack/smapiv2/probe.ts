/** What a probe found, as SMAPIv2 says it (SMAPIv2 bridge, section 7.2, SR.probe). */
import type { Result } from '../../contract/methods.ts'
import { backendError, Smapiv2Error } from './errors.ts'
import { srInfoOf } from './records.ts'

type Probe = Result<'SR.probe'>[number]

/**
 * The results of a probe as `probe_result`. The uuid of an SR stands in the configuration.
 * @throws Smapiv2Error where a result contradicts itself; then none of them is to be believed
 */
export function probeResultOf(probes: readonly Probe[]): readonly unknown[] {
  return ['Probe', probes.map(probeOf)]
}

function probeOf(probe: Probe, index: number): object {
  const { configuration, complete, sr, extra_info } = probe
  const contradiction = CONTRADICTIONS.find(({ holds }) => holds(probe, 'sr_uuid' in configuration))
  if (contradiction !== undefined) {
    throw new Smapiv2Error(backendError('SCRIPT_FAILED', 'SR.probe', `result ${index}: ${contradiction.text}`))
  }
  return { extra_info, sr: sr === undefined ? undefined : srInfoOf(sr), complete, configuration }
}

const CONTRADICTIONS: readonly { holds(probe: Probe, hasUuid: boolean): boolean; text: string }[] = [
  {
    holds: ({ complete }, hasUuid) => hasUuid && !complete,
    text: 'a configuration with an sr_uuid cannot be incomplete',
  },
  {
    holds: ({ sr }, hasUuid) => !hasUuid && sr !== undefined,
    text: 'an SR was found, but the configuration has no sr_uuid',
  },
]

/** SR.probe: what a configuration leads to. */
import type { Params, Result } from '../../src/contract/methods.ts'
import type { VolumeGroup } from '../../src/engine/lvm/report.ts'
import { contentOfDevice } from '../../src/engine/lvm/signatures.ts'
import { type Configuration, completeConfiguration, devicesOf, handleOf } from './configuration.ts'
import { identityOf } from './identity.ts'
import { groupsOf } from './sr.ts'
import { describeSr } from './stat.ts'

type ProbeResult = Result<'SR.probe'>[number]

/**
 * Finds the SRs on the devices or of the volume group named; without either, those on all devices of this host. Where
 * there is none, says whether SR.create could make one. A configuration that names an sr_uuid finds that SR only.
 */
export function probe({ configuration }: Params<'SR.probe'>): Result<'SR.probe'> {
  const groups = groupsOf(configuration)
  const found = groups.flatMap((group) => srOn(configuration, group))
  if (configuration.sr_uuid !== undefined || found.length > 0) return found
  if (configuration.device === undefined && configuration.vg === undefined) {
    return [incomplete(configuration, 'no SR was found: give device=/dev/… to make one, or vg= of a volume group')]
  }
  return creatable(configuration, groups)
}

function srOn(configuration: Configuration, group: VolumeGroup): ProbeResult[] {
  try {
    const identity = identityOf(group)
    if (identity === undefined || (configuration.sr_uuid ?? identity.uuid) !== identity.uuid) return []
    const { name, physicalVolumes, missing } = group
    if (missing > 0) return [incomplete({ vg: name }, `an SR that lacks ${missing} of its physical volumes`)]
    const devices = physicalVolumes.map(({ path }) => path)
    const complete = { ...completeConfiguration(configuration, name, identity.uuid) }
    return [
      {
        configuration: complete,
        complete: true,
        sr: describeSr(handleOf(name), devices, group, identity),
        extra_info: {},
      },
    ]
  } catch (error) {
    // A damaged SR must be seen, not taken for a volume group that is free.
    return [incomplete({ vg: group.name }, error instanceof Error ? error.message : String(error))]
  }
}

function creatable(configuration: Configuration, groups: readonly VolumeGroup[]): ProbeResult[] {
  const devices = devicesOf(configuration)
  if (devices === undefined) {
    return groups.map(() =>
      complete(configuration, 'a volume group that is no SR: SR.create adds one to what is in it'),
    )
  }
  const occupied = devices.flatMap((device) => {
    const content = contentOfDevice(device)
    return content === undefined ? [] : [`${device} is not empty: ${content}`]
  })
  return occupied.length === 0
    ? [complete(configuration, 'empty: ready for SR.create')]
    : [incomplete(configuration, `${occupied.join('; ')}; SR.create would refuse it`)]
}

function complete(configuration: Configuration, message: string): ProbeResult {
  return { configuration: { ...configuration }, complete: true, extra_info: { message } }
}

/** Never with sr_uuid: a host refuses an incomplete result that has one (script protocol, section 7.2). */
function incomplete({ sr_uuid: _, ...configuration }: Configuration, message: string): ProbeResult {
  return { configuration, complete: false, extra_info: { message } }
}

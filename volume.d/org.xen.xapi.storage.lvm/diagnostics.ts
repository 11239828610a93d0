/** Plugin.diagnostics: the state of every SR that is attached on this host. */
import { programLine } from '../../src/engine/engines.ts'
import { hasDeviceMapper, hasThinPools } from '../../src/engine/lvm/device-mapper.ts'
import { type Attachment, attachments, headOf, identityOfAttached, pathsOf } from './repository.ts'
import { describeVolumes } from './stat.ts'

/** What the plugin runs on, and one paragraph for each SR. Names that users gave are left out: they may be personal. */
export function diagnostics(): string {
  const paragraphs = attachments.all().map(describe)
  return [...engineLines(), ...(paragraphs.length === 0 ? ['no SR is attached'] : paragraphs)].join('\n')
}

function engineLines(): readonly string[] {
  return [
    programLine({ program: 'lvm', package: 'lvm2', versionArgument: 'version' }),
    ...(hasDeviceMapper()
      ? []
      : [`limited: volumes are parts of their physical volumes, without device-mapper; ${LOAD}`]),
    ...(hasThinPools() ? [] : ['limited: no thin volumes, snapshots are full copies; modprobe dm-thin-pool']),
  ]
}

const LOAD = 'modprobe dm-mod'

function describe(attachment: Attachment): string {
  const { vg, uuid } = attachment
  const title = `${vg} on ${pathsOf(attachment).join(', ')}: SR ${uuid}`
  try {
    const { destroying, allocation } = identityOfAttached(attachment, headOf(attachment))
    const { volumes, damaged, others } = describeVolumes(attachment)
    return [
      `${title}, ${allocation}${destroying ? ', being destroyed' : ''}`,
      `  volumes ${volumes.length}, damaged ${damaged.length}`,
      ...damaged.map(({ message }) => `  ${message}`),
      ...(others.length === 0
        ? []
        : [`  ${others.length} being made, or left by killed calls: SR.attach removes those`]),
    ].join('\n')
  } catch (error) {
    return `${title}: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** The tags that make a volume group an SR. */
import { type Fields, fieldsOf, tagsOf } from '../../src/engine/lvm/tags.ts'
import type { Allocation } from './configuration.ts'

/** The newest format of an SR that this version understands. */
const FORMAT = '1'

/** What the tags of the volume group say. */
export interface Identity {
  readonly uuid: string
  readonly name: string
  readonly description: string
  readonly allocation: Allocation
  /** Whether SR.create made the volume group, so that SR.destroy removes it. */
  readonly made: boolean
  /** Set while SR.destroy is at work: should it be killed, a repeated one goes on, and nothing else may begin. */
  readonly destroying: boolean
}

/** A volume group that is an SR in a way which this version does not understand. */
export class UnknownFormatError extends Error {
  override readonly name = 'UnknownFormatError'
}

/** The tags of the volume group of an SR. */
export function identityTags(identity: Identity): readonly string[] {
  return tagsOf(identityFields(identity))
}

/** The fields that an identity is in the tags of a volume group. */
export function identityFields({ uuid, name, description, allocation, made, destroying }: Identity): Fields {
  return {
    sr: uuid,
    format: FORMAT,
    name,
    description,
    allocation,
    made: made ? 'yes' : '',
    destroying: destroying ? 'yes' : '',
  }
}

/**
 * The identity of the SR on a volume group; undefined where it is none.
 * @throws UnknownFormatError, DamagedTagsError
 */
export function identityOf({
  name: vg,
  tags,
}: {
  readonly name: string
  readonly tags: readonly string[]
}): Identity | undefined {
  const fields = fieldsOf(tags)
  if (fields.sr === undefined) return undefined
  if (fields.format !== FORMAT) {
    throw new UnknownFormatError(`the SR on ${vg} has format ${fields.format}, and this version knows ${FORMAT}`)
  }
  return {
    uuid: fields.sr,
    name: fields.name ?? '',
    description: fields.description ?? '',
    allocation: fields.allocation === 'thin' ? 'thin' : 'thick',
    made: fields.made === 'yes',
    destroying: fields.destroying === 'yes',
  }
}

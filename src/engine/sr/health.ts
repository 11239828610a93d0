/** The record of an SR, and its health, in the words of the interface (script protocol, section 6). */
import type { Result } from '../../contract/methods.ts'
import type { Attachment } from './attachments.ts'

export type SrStat = Result<'SR.stat'>

/** What differs from SR to SR in the record of SR.stat. */
export type SrDescription = Pick<SrStat, 'sr' | 'uuid' | 'name' | 'description' | 'free_space' | 'total_space'>

/**
 * The record of an SR that is there.
 * @param recovering what the SR is busy with; it is healthy where that is not given
 */
export function srStat(description: SrDescription, recovering?: string): SrStat {
  return {
    ...description,
    datasources: [],
    clustered: false,
    health: recovering === undefined ? ['Healthy', ''] : ['Recovering', recovering],
  }
}

/** The record of an attached SR whose storage cannot be used: it may come back, so the call itself succeeds. */
export function unreachableSr({ sr, uuid }: Attachment, reason: unknown): SrStat {
  return {
    ...srStat({ sr, uuid, name: '', description: '', free_space: 0, total_space: 0 }),
    health: ['Unreachable', reason instanceof Error ? reason.message : String(reason)],
  }
}

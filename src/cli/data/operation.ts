/** Operations as they are named on the command line: `mirror:ID` or `copy:ID`, and the datapath plugin that knows them. */
import type { Operation, Progress } from '../../host/operations.ts'
import { text } from '../arguments.ts'
import { usage } from '../options.ts'

export const DATAPATH = text('Datapath plugin that knows the operation, as `data ls` tells')
export const OPERATION = text('The operation, as `data ls` names it: mirror:ID or copy:ID')

const TAGS = { mirror: 'MirrorV1', copy: 'CopyV1' } as const

/** @throws Smapiv3Error USAGE */
export function operationFrom(datapath: string, name: string): Operation {
  const [, kind, id] = /^(mirror|copy):(.+)$/s.exec(name) ?? []
  if (id === undefined) throw usage(`an operation is mirror:ID or copy:ID; seen: ${JSON.stringify(name)}`)
  return { datapath, operation: [TAGS[kind as keyof typeof TAGS], id] }
}

export function nameOf({ operation: [tag, id] }: Operation): string {
  return `${tag === TAGS.copy ? 'copy' : 'mirror'}:${id}`
}

/** How far an operation is, in one word or number. */
export function stateOf({ failed, complete, progress }: Progress): string {
  if (failed) return 'failed'
  if (complete) return 'complete'
  return progress === undefined ? 'under way' : percent(progress)
}

/** A part of one as people read it. It is never rounded up: 100 % would say that it is over. */
export function percent(part: number): string {
  return `${Math.floor(part * 100)} %`
}

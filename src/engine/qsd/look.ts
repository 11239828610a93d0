/**
 * A look at an image by nodes of its own: it changes nothing, disturbs nobody who has the image open, on this host or
 * another, and tells whether it can be opened, and its size.
 */
import type { Int64 } from '../../contract/json.ts'
import { addNodes, nested } from './compact.ts'
import type { DiskDescription } from './description.ts'
import { nbdExportSize } from './nbd-size.ts'
import { belowName, belowNodes, formatNode, forProbe, protocolNode } from './nodes.ts'
import { type Qmp, type QmpObject, together } from './qmp.ts'
import { QmpError } from './qmp-error.ts'
import { removeExport, removeNodes } from './undo.ts'

/** What a look at an image has found. */
export interface Look {
  /** Bytes. */
  readonly size: Int64
  /** Fulfilled when what was made for the look is gone. */
  readonly closed: Promise<void>
}

/**
 * The size in bytes that the image has now, seen by a look of its own that disturbs nobody.
 * @throws QmpError where the image cannot be opened
 */
export async function imageSize(qmp: Qmp, id: string, disk: DiskDescription, nbdSocket: string): Promise<Int64> {
  const { size, closed } = await look(qmp, id, disk, nbdSocket)
  await closed
  return size
}

/** @throws QmpError where the image cannot be opened */
export async function look(qmp: Qmp, id: string, disk: DiskDescription, nbdSocket: string): Promise<Look> {
  const { protocol } = probeNames(id)
  const again = () => lookOver(qmp, id, disk, [probeProtocol(id, disk)], protocol, nbdSocket)
  try {
    return await again()
  } catch (error) {
    // A call that was killed while it looked has left its nodes, which this look has removed at its end.
    if (!isLeftBehind(error)) throw error
    return await again()
  }
}

/** Whether a command failed because of something that a call which was killed has made. */
export function isLeftBehind(error: unknown): boolean {
  return error instanceof QmpError && LEFT_BEHIND.test(error.description)
}

/** What the daemon says of a name that is taken. */
const LEFT_BEHIND = /duplicate nodes|duplicate property|already in use|already has export/i

/**
 * A look on a protocol node.
 * @param nodes what has to be added first
 */
export async function lookOver(
  qmp: Qmp,
  id: string,
  disk: DiskDescription,
  nodes: readonly QmpObject[],
  protocol: string,
  nbdSocket: string,
): Promise<Look> {
  const names = probeNames(id)
  const image = isItsProtocol(disk) ? [] : probeImage(id, disk, protocol)
  const looking = nested([...nodes, ...image])
  const close = async (): Promise<void> => {
    await Promise.all([removeExport(qmp, names.export), removeNodes(qmp, namesOf(looking))])
  }
  try {
    const added = addNodes(qmp, looking)
    const exported = qmp.execute('block-export-add', {
      type: 'nbd',
      id: names.export,
      name: names.export,
      'node-name': image.length === 0 ? protocol : names.format,
    })
    const size = await nbdExportSize(nbdSocket, names.export, together([added, exported]))
    return { size, closed: close() }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether the image has no bytes of its own, and begins where its protocol begins: a node of its own would only cost time. */
function isItsProtocol({ format, part }: DiskDescription): boolean {
  return format === 'raw' && part === undefined
}

/** Opens the image as a look at it does, and closes it, all in one go: what its file says of its size needs no look. */
export async function tryOpening(qmp: Qmp, id: string, disk: DiskDescription): Promise<void> {
  const nodes = nested([probeProtocol(id, disk), ...probeImage(id, disk, probeNames(id).protocol)])
  await together([addNodes(qmp, nodes), removeNodes(qmp, namesOf(nodes))])
}

/** blockdev-add of the protocol node for a look at the image. */
function probeProtocol(id: string, disk: DiskDescription): QmpObject {
  return { ...forProbe(protocolNode(id, disk, 'read-write')), 'node-name': probeNames(id).protocol }
}

/** blockdev-add of the image for a look at it, on a protocol node. */
function probeImage(id: string, disk: DiskDescription, protocol: string): readonly QmpObject[] {
  const names = probeNames(id)
  const format = { ...forProbe(formatNode(names.id, disk, 'read-only')), 'node-name': names.format, file: protocol }
  return [...belowNodes(names.id, disk), format]
}

/** The names of nodes, each before what it stands on. */
function namesOf(nodes: readonly QmpObject[]): readonly string[] {
  return nodes.map((node) => String(node['node-name'])).reverse()
}

/** Of these nodes those that look at the image, each before what it stands on. */
export function probeNodes(id: string, present: readonly string[]): readonly string[] {
  const names = probeNames(id)
  return [names.format, ...belowIn(names.id, present), ...present.filter((name) => name === names.protocol)]
}

/** Of these nodes those that an image stands on, the topmost first. */
export function belowIn(prefix: string, present: readonly string[]): readonly string[] {
  const start = belowName(prefix, '')
  const numberOf = (name: string): number => Number(name.slice(start.length))
  return present.filter((name) => name.startsWith(start)).sort((left, right) => numberOf(left) - numberOf(right))
}

/** The names of what is there only while an image is looked at. */
export function probeNames(id: string) {
  return { id: `${id}-probe`, protocol: `${id}-probe-file`, format: `${id}-probe-format`, export: `${id}-probe` }
}

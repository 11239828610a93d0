/** The nodes of a disk in its daemon: built, moved between idle and image, and taken apart; see nodes.ts for the graph. */
import type { Int64 } from '../../contract/json.ts'
import { liveNodesIn, nodesOf } from './live-nodes.ts'
import { nbdExportSize } from './nbd-size.ts'
import {
  type Access,
  belowName,
  belowNodes,
  type DiskDescription,
  formatNode,
  forProbe,
  guardNode,
  idleNodes,
  imageNode,
  limitsObject,
  needsGuard,
  nodeNames,
  opensAtActivation,
  overlayNodes,
  protocolNode,
  secretObjects,
  topNode,
} from './nodes.ts'
import { createOverlay } from './overlay.ts'
import { type Qmp, QmpError, type QmpObject, together } from './qmp.ts'
import { removeExport, removeNodes, removeObject } from './undo.ts'

/**
 * Builds the nodes of a disk that is not activated, and gives the image's size in bytes.
 * @param nbdSocket of the daemon
 * @throws QmpError where the image cannot be opened
 */
export async function buildGraph(qmp: Qmp, id: string, disk: DiskDescription, nbdSocket: string): Promise<Int64> {
  const objects = addObjects(qmp, id, disk)
  const probed = probe(qmp, id, disk, nbdSocket)
  await together([objects, probed])
  const size = await probed
  if (disk.overlay !== undefined) await createOverlay(qmp, id, disk.overlay, size)
  await addNodes(qmp, [...idleNodes(id, size), topNode(id, nodeNames(id).idle)])
  return size
}

/** Builds the nodes of a disk that is activated for writing from its beginning to its end, and so is never idle. */
export async function buildStraightGraph(qmp: Qmp, id: string, disk: DiskDescription): Promise<void> {
  const [protocol, format] = [protocolNode(id, disk, 'read-write'), formatNode(id, disk, 'read-write')]
  const objects = addObjects(qmp, id, disk)
  await together([objects, addNodes(qmp, [protocol, format, topNode(id, nodeNames(id).format)])])
}

/**
 * Opens the image and moves the exports onto it.
 * @param scratch path for an overlay that stays empty, where one is needed
 */
export async function moveToImage(
  qmp: Qmp,
  id: string,
  disk: DiskDescription,
  access: Access,
  size: Int64,
  scratch: string,
): Promise<void> {
  const guarded = needsGuard(disk, access)
  const overlay = disk.overlay ?? (guarded ? scratch : undefined)
  try {
    if (overlay !== undefined) await createOverlay(qmp, id, overlay, size)
    const added = addNodes(qmp, [
      ...(opensAtActivation(disk.protocol) ? [protocolNode(id, disk, access)] : []),
      ...belowNodes(id, disk),
      formatNode(id, disk, access),
      ...(overlay === undefined ? [] : overlayNodes(id, disk, overlay)),
      ...(guarded ? [guardNode(id)] : []),
    ])
    await together([
      added,
      // The image may have grown since its overlay was made.
      ...(overlay === undefined
        ? []
        : [qmp.execute('block_resize', { 'node-name': nodeNames(id).overlay, size }).then(() => {})]),
      moveTop(qmp, id, imageNode(id, disk, access)),
    ])
  } catch (error) {
    await closeImage(qmp, id, opensAtActivation(disk.protocol))
    throw error
  }
}

/**
 * Moves the exports back to the node where all I/O fails, which flushes, and closes the image.
 * @param protocolToo whether the protocol node was opened by the activation
 * @throws QmpError where what was written cannot be flushed; the image stays open
 */
export async function moveToIdle(qmp: Qmp, id: string, protocolToo: boolean): Promise<void> {
  const present = nodesOf(qmp, id)
  await together([moveTop(qmp, id, nodeNames(id).idle), present])
  await removeNodes(qmp, imageNodes(id, await present, protocolToo))
}

/** Makes the idle node of an activated disk as large as the image has become. */
export async function resizeIdle(qmp: Qmp, id: string, size: Int64): Promise<void> {
  await removeIdle(qmp, id)
  await addNodes(qmp, idleNodes(id, size))
}

/** Removes every node and object of a disk, in whatever state they are; its exports are gone already. */
export async function removeGraph(qmp: Qmp, id: string): Promise<void> {
  const names = nodeNames(id)
  const present = await nodesOf(qmp, id)
  if (present.includes(probeNames(id).format)) await removeExport(qmp, probeNames(id).export)
  await removeNodes(
    qmp,
    [...probeNodes(id, present), names.top, ...imageNodes(id, present, true), names.idle, names.zero].filter((name) =>
      present.includes(name),
    ),
  )
  // In this order: a daemon that never had an object has no list of them, and makes one when it is to delete one.
  const [, secrets] = await Promise.all([removeObject(qmp, names.limits), secretsOf(qmp, id)])
  for (const secret of secrets) await removeObject(qmp, secret)
}

/** Looks at the image and leaves open what stays connected from attach to detach. */
async function probe(qmp: Qmp, id: string, disk: DiskDescription, nbdSocket: string): Promise<Int64> {
  if (opensAtActivation(disk.protocol)) return await imageSize(qmp, id, disk, nbdSocket)
  const node = protocolNode(id, disk, 'read-write')
  await qmp.execute('blockdev-add', node)
  return await sizeOver(qmp, id, disk, [], nodeNames(id).protocol, nbdSocket)
}

/**
 * The size in bytes that the image has now, seen by a look of its own that disturbs nobody.
 * @throws QmpError where the image cannot be opened
 */
export async function imageSize(qmp: Qmp, id: string, disk: DiskDescription, nbdSocket: string): Promise<Int64> {
  const { protocol } = probeNames(id)
  const node = { ...forProbe(protocolNode(id, disk, 'read-write')), 'node-name': protocol }
  const look = () => sizeOver(qmp, id, disk, [node], protocol, nbdSocket)
  try {
    return await look()
  } catch (error) {
    // A call that was killed while it looked has left its nodes, which this look has removed at its end.
    if (!(error instanceof QmpError && LEFT_BEHIND.test(error.message))) throw error
    return await look()
  }
}

/** What the daemon says of a name that is taken. */
const LEFT_BEHIND = /duplicate nodes|already in use/i

/** @param nodes what has to be added first */
async function sizeOver(
  qmp: Qmp,
  id: string,
  disk: DiskDescription,
  nodes: readonly QmpObject[],
  protocol: string,
  nbdSocket: string,
): Promise<Int64> {
  const names = probeNames(id)
  const below = belowNodes(names.id, disk)
  const format = { ...forProbe(formatNode(names.id, disk, 'read-only')), 'node-name': names.format, file: protocol }
  try {
    const added = addNodes(qmp, [...nodes, ...below, format])
    const exported = qmp.execute('block-export-add', {
      type: 'nbd',
      id: names.export,
      name: names.export,
      'node-name': names.format,
    })
    await together([added, exported])
    return await nbdExportSize(nbdSocket, names.export)
  } finally {
    const added = [...below, ...nodes].map((node) => String(node['node-name']))
    await Promise.all([removeExport(qmp, names.export), removeNodes(qmp, probeNodes(id, [names.format, ...added]))])
  }
}

/** Of these nodes those that look at the image, each before what it stands on. */
function probeNodes(id: string, present: readonly string[]): readonly string[] {
  const names = probeNames(id)
  return [names.format, ...belowIn(names.id, present), ...present.filter((name) => name === names.protocol)]
}

/** Of these nodes those of the image, each before what it stands on. */
function imageNodes(id: string, present: readonly string[], protocolToo: boolean): readonly string[] {
  const names = nodeNames(id)
  return [
    ...[names.guard, names.overlay, names.overlayFile],
    ...liveNodesIn(id, present),
    names.format,
    ...belowIn(id, present),
    ...(protocolToo ? [names.protocol] : []),
  ].filter((name) => present.includes(name))
}

/** Of these nodes those that an image stands on, the topmost first. */
function belowIn(prefix: string, present: readonly string[]): readonly string[] {
  const start = belowName(prefix, '')
  const numberOf = (name: string): number => Number(name.slice(start.length))
  return present.filter((name) => name.startsWith(start)).sort((left, right) => numberOf(left) - numberOf(right))
}

/** Closes the image, and its protocol node where that is opened at each activation. */
async function closeImage(qmp: Qmp, id: string, protocolToo: boolean): Promise<void> {
  await removeNodes(qmp, imageNodes(id, await nodesOf(qmp, id), protocolToo))
}

async function addObjects(qmp: Qmp, id: string, disk: DiskDescription): Promise<void> {
  await together(
    [...secretObjects(id, disk), limitsObject(id, disk)].map((object) => qmp.execute('object-add', object)),
  )
}

async function removeIdle(qmp: Qmp, id: string): Promise<void> {
  const names = nodeNames(id)
  await removeNodes(qmp, [names.idle, names.zero])
}

async function moveTop(qmp: Qmp, id: string, below: string): Promise<void> {
  await qmp.execute('blockdev-reopen', { options: [topNode(id, below)] })
}

/** All at once: a round trip each would be most of an activation. */
async function addNodes(qmp: Qmp, nodes: readonly QmpObject[]): Promise<void> {
  await together(nodes.map((node) => qmp.execute('blockdev-add', node)))
}

/** The names of the disk's secrets, asked from the daemon: who detaches a disk need not know its description. */
async function secretsOf(qmp: Qmp, id: string): Promise<readonly string[]> {
  const objects = await qmp.execute('qom-list', { path: '/objects' })
  if (!Array.isArray(objects)) return []
  return objects.map(({ name }: { name: unknown }) => String(name)).filter((name) => name.startsWith(`${id}-`))
}

/** The names of what is there only while an image is looked at. */
function probeNames(id: string) {
  return { id: `${id}-probe`, protocol: `${id}-probe-file`, format: `${id}-probe-format`, export: `${id}-probe` }
}

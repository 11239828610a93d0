/** The nodes of a disk in its daemon: built, moved between idle and image, and taken apart; see nodes.ts for the graph. */
import type { Int64 } from '../../contract/json.ts'
import { addNodes } from './compact.ts'
import { type Access, type DiskDescription, opensAtActivation } from './description.ts'
import { liveNodesIn, nodesOf } from './live-nodes.ts'
import { belowIn, type Look, look, lookOver, probeNames, probeNodes, tryOpening } from './look.ts'
import {
  belowNodes,
  formatNode,
  guardNode,
  idleNode,
  imageNode,
  limitsObject,
  needsGuard,
  nodeNames,
  overlayNodes,
  protocolNode,
  secretObjects,
  topNode,
} from './nodes.ts'
import { createOverlay } from './overlay.ts'
import { type Qmp, together } from './qmp.ts'
import { sizeInFile } from './size-in-file.ts'
import { removeExport, removeNodes, removeObject } from './undo.ts'

/**
 * Builds the nodes of a disk that is not activated, and gives the image's size in bytes.
 * @param nbdSocket of the daemon
 * @param expose makes the exports, with commands that follow those of the nodes at once
 * @throws QmpError where the image cannot be opened
 */
export async function buildGraph(
  qmp: Qmp,
  id: string,
  disk: DiskDescription,
  nbdSocket: string,
  expose: () => Promise<unknown>,
): Promise<Int64> {
  const told = disk.overlay === undefined ? sizeInFile(disk) : undefined
  const objects = addObjects(qmp, id, disk)
  if (told !== undefined) {
    await together([objects, tryOpening(qmp, id, disk), addIdle(qmp, id, told), expose()])
    return told
  }
  const looking = probe(qmp, id, disk, nbdSocket)
  await together([objects, looking])
  const { size, closed } = await looking
  if (disk.overlay !== undefined) {
    await closed
    await createOverlay(qmp, id, disk.overlay, size)
  }
  await together([closed, addIdle(qmp, id, size), expose()])
  return size
}

/**
 * Builds the one node of a disk that is raw and activated for writing from its beginning to its end, and so is never idle:
 * each further one would make its requests slower.
 */
export async function buildStraightGraph(
  qmp: Qmp,
  id: string,
  disk: DiskDescription,
  expose: () => Promise<unknown>,
): Promise<void> {
  const top = { ...protocolNode(id, disk, 'read-write'), 'node-name': nodeNames(id).top }
  await together([addNodes(qmp, [top]), expose()])
}

/**
 * Opens the image and moves the exports onto it.
 * @returns the names of the image's nodes
 * @param scratch path for an overlay that stays empty, where one is needed
 */
export async function moveToImage(
  qmp: Qmp,
  id: string,
  disk: DiskDescription,
  access: Access,
  size: Int64,
  scratch: string,
): Promise<readonly string[]> {
  const guarded = needsGuard(disk, access)
  const overlay = disk.overlay ?? (guarded ? scratch : undefined)
  try {
    if (overlay !== undefined) await createOverlay(qmp, id, overlay, size)
    const nodes = [
      ...(opensAtActivation(disk.protocol) ? [protocolNode(id, disk, access)] : []),
      ...belowNodes(id, disk),
      formatNode(id, disk, access),
      ...(overlay === undefined ? [] : overlayNodes(id, disk, overlay)),
      ...(guarded ? [guardNode(id)] : []),
    ]
    await together([
      addNodes(qmp, nodes),
      // The image may have grown since its overlay was made.
      ...(overlay === undefined
        ? []
        : [qmp.execute('block_resize', { 'node-name': nodeNames(id).overlay, size }).then(() => {})]),
      moveTop(qmp, id, imageNode(id, disk, access)),
    ])
    return nodes.map((node) => String(node['node-name']))
  } catch (error) {
    await closeImage(qmp, id, opensAtActivation(disk.protocol))
    throw error
  }
}

/**
 * Moves the exports back to the node where all I/O fails, which flushes, and closes the image.
 * @param protocolToo whether the protocol node was opened by the activation
 * @param present names of the disk's nodes
 * @throws QmpError where what was written cannot be flushed; the image stays open
 */
export async function moveToIdle(
  qmp: Qmp,
  id: string,
  protocolToo: boolean,
  present: readonly string[],
): Promise<void> {
  const names = imageNodes(id, present, protocolToo)
  const moved = moveTop(qmp, id, nodeNames(id).idle)
  // In one go; where the exports cannot be moved, nothing can be removed.
  const removed = Promise.allSettled(names.map((name) => qmp.execute('blockdev-del', { 'node-name': name })))
  await together([moved, removed])
  if ((await removed).some(({ status }) => status === 'rejected')) await removeNodes(qmp, names)
}

/** Makes the idle node of an activated disk as large as the image has become. */
export async function resizeIdle(qmp: Qmp, id: string, size: Int64): Promise<void> {
  await removeIdle(qmp, id)
  await addNodes(qmp, [idleNode(id, size)])
}

/**
 * Removes every node and object of a disk, in whatever state they are; its exports are gone already.
 * @param present names of its nodes
 */
export async function removeGraph(qmp: Qmp, id: string, present: readonly string[]): Promise<void> {
  const names = nodeNames(id)
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
async function probe(qmp: Qmp, id: string, disk: DiskDescription, nbdSocket: string): Promise<Look> {
  if (opensAtActivation(disk.protocol)) return await look(qmp, id, disk, nbdSocket)
  const connecting = addNodes(qmp, [protocolNode(id, disk, 'read-write')])
  const looking = lookOver(qmp, id, disk, [], nodeNames(id).protocol, nbdSocket)
  await together([connecting, looking])
  return await looking
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

/** Closes the image, and its protocol node where that is opened at each activation. */
async function closeImage(qmp: Qmp, id: string, protocolToo: boolean): Promise<void> {
  await removeNodes(qmp, imageNodes(id, await nodesOf(qmp, id), protocolToo))
}

async function addObjects(qmp: Qmp, id: string, disk: DiskDescription): Promise<void> {
  await together(
    [...secretObjects(id, disk), limitsObject(id, disk)].map((object) => qmp.execute('object-add', object)),
  )
}

/** Adds what the exports stand on while the disk is not activated. */
async function addIdle(qmp: Qmp, id: string, size: Int64): Promise<void> {
  await addNodes(qmp, [idleNode(id, size), topNode(id, nodeNames(id).idle)])
}

async function removeIdle(qmp: Qmp, id: string): Promise<void> {
  const names = nodeNames(id)
  await removeNodes(qmp, [names.idle, names.zero])
}

async function moveTop(qmp: Qmp, id: string, below: string): Promise<void> {
  await qmp.execute('blockdev-reopen', { options: [topNode(id, below)] })
}

/** The names of the disk's secrets, asked from the daemon: who detaches a disk need not know its description. */
async function secretsOf(qmp: Qmp, id: string): Promise<readonly string[]> {
  const objects = await qmp.execute('qom-list', { path: '/objects' })
  if (!Array.isArray(objects)) return []
  return objects.map(({ name }: { name: unknown }) => String(name)).filter((name) => name.startsWith(`${id}-`))
}

/** The nodes of a disk in its daemon: built, moved between idle and image, and taken apart; see nodes.ts for the graph. */
import type { Int64 } from '../../contract/json.ts'
import { nodesOf, removeLiveNodes } from './live-nodes.ts'
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
import type { Qmp, QmpObject } from './qmp.ts'
import { removeExport, removeNode, removeObject } from './undo.ts'

/**
 * Builds the nodes of a disk that is not activated, and gives the image's size in bytes.
 * @param nbdSocket of the daemon
 * @throws QmpError where the image cannot be opened
 */
export async function buildGraph(qmp: Qmp, id: string, disk: DiskDescription, nbdSocket: string): Promise<Int64> {
  for (const secret of secretObjects(id, disk)) await qmp.execute('object-add', secret)
  await qmp.execute('object-add', limitsObject(id, disk))
  const size = await probe(qmp, id, disk, nbdSocket)
  if (disk.overlay !== undefined) await createOverlay(qmp, id, disk.overlay, size)
  await addNodes(qmp, idleNodes(id, size))
  await qmp.execute('blockdev-add', topNode(id, nodeNames(id).idle))
  return size
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
    await addNodes(qmp, [
      ...(opensAtActivation(disk.protocol) ? [protocolNode(id, disk, access)] : []),
      ...belowNodes(id, disk),
      formatNode(id, disk, access),
      ...(overlay === undefined ? [] : overlayNodes(id, disk, overlay)),
      ...(guarded ? [guardNode(id)] : []),
    ])
    await moveTop(qmp, id, imageNode(id, disk, access))
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
  await moveTop(qmp, id, nodeNames(id).idle)
  await closeImage(qmp, id, protocolToo)
}

/** Makes the idle node of an activated disk as large as the image has become. */
export async function resizeIdle(qmp: Qmp, id: string, size: Int64): Promise<void> {
  await removeIdle(qmp, id)
  await addNodes(qmp, idleNodes(id, size))
}

/** Removes every node and object of a disk, in whatever state they are; its exports are gone already. */
export async function removeGraph(qmp: Qmp, id: string): Promise<void> {
  const names = nodeNames(id)
  await removeProbe(qmp, id)
  await removeNode(qmp, names.top)
  await closeImage(qmp, id, true)
  await removeIdle(qmp, id)
  await removeObject(qmp, names.limits)
  for (const secret of await secretsOf(qmp, id)) await removeObject(qmp, secret)
}

/** Looks at the image and leaves open what stays connected from attach to detach. */
async function probe(qmp: Qmp, id: string, disk: DiskDescription, nbdSocket: string): Promise<Int64> {
  if (opensAtActivation(disk.protocol)) return await imageSize(qmp, id, disk, nbdSocket)
  const { protocol } = nodeNames(id)
  await qmp.execute('blockdev-add', protocolNode(id, disk, 'read-write'))
  return await sizeOver(qmp, id, disk, protocol, nbdSocket)
}

/**
 * The size in bytes that the image has now, seen by a look of its own that disturbs nobody.
 * @throws QmpError where the image cannot be opened
 */
export async function imageSize(qmp: Qmp, id: string, disk: DiskDescription, nbdSocket: string): Promise<Int64> {
  const { protocol } = probeNames(id)
  await qmp.execute('blockdev-add', { ...forProbe(protocolNode(id, disk, 'read-write')), 'node-name': protocol })
  return await sizeOver(qmp, id, disk, protocol, nbdSocket)
}

async function sizeOver(
  qmp: Qmp,
  id: string,
  disk: DiskDescription,
  protocol: string,
  nbdSocket: string,
): Promise<Int64> {
  const names = probeNames(id)
  try {
    await addNodes(qmp, belowNodes(names.id, disk))
    const node = forProbe(formatNode(names.id, disk, 'read-only'))
    await qmp.execute('blockdev-add', { ...node, 'node-name': names.format, file: protocol })
    await qmp.execute('block-export-add', {
      type: 'nbd',
      id: names.export,
      name: names.export,
      'node-name': names.format,
    })
    return await nbdExportSize(nbdSocket, names.export)
  } finally {
    await removeProbe(qmp, id)
  }
}

async function removeProbe(qmp: Qmp, id: string): Promise<void> {
  const names = probeNames(id)
  await removeExport(qmp, names.export)
  await removeNode(qmp, names.format)
  await removeBelow(qmp, id, names.id)
  await removeNode(qmp, names.protocol)
}

/** What an image stood on, the topmost first. */
async function removeBelow(qmp: Qmp, id: string, prefix: string): Promise<void> {
  const count = (await nodesOf(qmp, id)).filter((name) => name.startsWith(belowName(prefix, ''))).length
  for (let number = 0; number < count; number++) await removeNode(qmp, belowName(prefix, number))
}

/** Closes the image, and its protocol node where that is opened at each activation. */
async function closeImage(qmp: Qmp, id: string, protocolToo: boolean): Promise<void> {
  const names = nodeNames(id)
  await removeNodes(qmp, [names.guard, names.overlay, names.overlayFile])
  await removeLiveNodes(qmp, id)
  await removeNode(qmp, names.format)
  await removeBelow(qmp, id, id)
  if (protocolToo) await removeNode(qmp, names.protocol)
}

async function removeIdle(qmp: Qmp, id: string): Promise<void> {
  const names = nodeNames(id)
  await removeNodes(qmp, [names.idle, names.zero])
}

async function moveTop(qmp: Qmp, id: string, below: string): Promise<void> {
  await qmp.execute('blockdev-reopen', { options: [topNode(id, below)] })
}

/** All at once: the daemon does them one after the other, and a round trip each would be most of an activation. */
async function addNodes(qmp: Qmp, nodes: readonly QmpObject[]): Promise<void> {
  await Promise.all(nodes.map((node) => qmp.execute('blockdev-add', node)))
}

async function removeNodes(qmp: Qmp, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => removeNode(qmp, name)))
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

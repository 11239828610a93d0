/** The nodes of overlays that were put on a disk while it was in use, see live.ts: each has the one before as its backing. */
import type { Int64 } from '../../contract/json.ts'
import { isObject, type Qmp } from './qmp.ts'
import { removeNode } from './undo.ts'

export function liveName(id: string, number: number | string): string {
  return `${id}-live${number}`
}

/** Of these nodes those of the overlays, the topmost first, and then those of their files. */
export function liveNodesIn(id: string, present: readonly string[]): readonly string[] {
  const overlays = [...numbersIn(present)].reverse().map((number) => liveName(id, number))
  return [...overlays, ...present.filter((name) => name.startsWith(liveName(id, '')) && name.endsWith('-file'))]
}

/** Removes what a call added that was killed before it put an overlay on the disk. */
export async function removeUnusedLiveNodes(qmp: Qmp, id: string): Promise<void> {
  if ((await nodesOf(qmp, id)).every((name) => !name.startsWith(liveName(id, '')))) return
  // How many images are below one is told only with all that is known of those.
  const nodes = new Map((await describedNodes(qmp, false)).map((node) => [String(node['node-name']), node]))
  for (const number of await liveNumbers(qmp, id)) {
    const name = liveName(id, number)
    if (nodes.get(name)?.backing_file_depth !== 0) continue
    await removeNode(qmp, name)
    nodes.delete(name)
  }
  for (const name of nodes.keys()) {
    const [, overlay = ''] = /^(.*-live\d+)-file$/.exec(name) ?? []
    if (overlay.startsWith(`${id}-`) && !nodes.has(overlay)) await removeNode(qmp, name)
  }
}

/** Numbers of the overlays, the lowest first. */
export async function liveNumbers(qmp: Qmp, id: string): Promise<readonly number[]> {
  return numbersIn(await nodesOf(qmp, id))
}

function numbersIn(names: readonly string[]): readonly number[] {
  return names
    .flatMap((name) => {
      const [, number] = /-live(\d+)$/.exec(name) ?? []
      return number === undefined ? [] : [Number(number)]
    })
    .sort((left, right) => left - right)
}

/** Names of all nodes of a disk. */
export async function nodesOf(qmp: Qmp, id: string): Promise<readonly string[]> {
  return (await describedNodes(qmp))
    .map((node) => String(node['node-name']))
    .filter((name) => name.startsWith(`${id}-`))
}

/**
 * All nodes of a daemon, as it describes them.
 * @param flat whether what is below them is left out
 */
export async function describedNodes(qmp: Qmp, flat = true): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const nodes = await qmp.execute('query-named-block-nodes', { flat })
  return Array.isArray(nodes) ? nodes.filter(isObject) : []
}

/** Bytes of a node. */
export async function sizeOf(qmp: Qmp, name: string): Promise<Int64> {
  const node = (await describedNodes(qmp)).find((described) => described['node-name'] === name)
  // What QMP says is an integer of 64 bits.
  return (node?.image as { readonly 'virtual-size': Int64 } | undefined)?.['virtual-size'] ?? 0
}

/**
 * blockdev-add in few bytes. QEMU reads QMP one byte at a time, with a turn of its event loop for each (up to 9.0 at least):
 * five microseconds a byte, so that the length of its commands is most of what an activation asks of the daemon.
 */
import { IMAGE_FORMATS } from '../image-format.ts'
import { isObject, type Qmp, type QmpObject, together } from './qmp.ts'

/** What QEMU takes for a member that is not given: BlockdevOptions and BlockdevCacheOptions of QAPI. */
const DEFAULTS: QmpObject = {
  'read-only': false,
  'force-share': false,
  discard: 'ignore',
  'detect-zeroes': 'off',
  direct: false,
  'no-flush': false,
}

/** The members that a node inside another one takes from it, see bdrv_inherited_options of QEMU. */
const INHERITED = ['read-only', 'force-share', 'cache'] as const

/** The members by which a node names what it stands on. */
const BELOW = ['file', 'image'] as const

const FORMATS: ReadonlySet<unknown> = new Set(Object.values(IMAGE_FORMATS).map(({ driver }) => driver))

/**
 * The same nodes: each that stands on nothing is said inside the one that stands on it, if that follows, and goes with it.
 *
 * Never for a disk that is activated: where it goes on in an overlay, QEMU opens its format anew for reading only, with all
 * that was said inside it and by its name, which has become that of the overlay.
 * @param nodes for blockdev-add, each after what it stands on
 */
export function nested(nodes: readonly QmpObject[]): readonly QmpObject[] {
  const inside = new Set<QmpObject>()
  const whole = nodes.map((node) => {
    const [member, below] = standsOn(node, nodes)
    if (member === undefined || below === undefined) return node
    inside.add(below)
    return { ...node, [member]: within(below, node) }
  })
  return whole.filter((_, index) => !inside.has(nodes[index] as QmpObject))
}

function standsOn(node: QmpObject, nodes: readonly QmpObject[]): [member?: string, below?: QmpObject] {
  for (const member of BELOW) {
    const below = typeof node[member] === 'string' && nodes.find((other) => other['node-name'] === node[member])
    if (below && BELOW.every((name) => !(name in below))) return [member, below]
  }
  return []
}

/** A node as it is said inside another one. */
function within(below: QmpObject, above: QmpObject): QmpObject {
  const said = Object.entries(below).filter(([name, value]) => {
    if (name === 'discard') return !(value === 'unmap' && FORMATS.has(above.driver))
    return !INHERITED.some((inherited) => inherited === name && same(value, above[name]))
  })
  // What it does not take from the other one has to be said, also where it is what QEMU takes for granted elsewhere.
  return Object.fromEntries(said)
}

function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

/** A node without what QEMU takes for granted. */
export function withoutDefaults(node: QmpObject): QmpObject {
  const members = Object.entries(node).map(([name, value]) =>
    name === 'cache' && isObject(value) ? ([name, withoutDefaults(value)] as const) : ([name, value] as const),
  )
  return Object.fromEntries(members.filter(([name, value]) => DEFAULTS[name] !== value && !isEmptyCache(name, value)))
}

function isEmptyCache(name: string, value: unknown): boolean {
  return name === 'cache' && isObject(value) && Object.keys(value).length === 0
}

/** Adds nodes, each on those before it. All at once: a round trip each would be most of an activation. */
export async function addNodes(qmp: Qmp, nodes: readonly QmpObject[]): Promise<void> {
  await together(nodes.map((node) => qmp.execute('blockdev-add', withoutDefaults(node))))
}

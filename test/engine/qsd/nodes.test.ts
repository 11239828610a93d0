import { expect, test } from 'vitest'
import {
  type Access,
  CACHE_MODES,
  type DiskDescription,
  exportIsReadOnly,
  opensAtActivation,
  type Protocol,
} from '../../../src/engine/qsd/description.ts'
import {
  formatNode,
  forProbe,
  imageNode,
  limitsObject,
  nodeNames,
  overlayNodes,
  protocolNode,
  secretObjects,
} from '../../../src/engine/qsd/nodes.ts'
import { description } from './support.ts'

const ID = 'd0123456789ab'
const FILE = description('/a/image', 'qcow2')

const PROTOCOLS: readonly Protocol[] = [
  { driver: 'file', filename: '/a/b' },
  { driver: 'host_device', filename: '/dev/vg/lv' },
  { driver: 'nfs', server: { type: 'inet', host: 'server' }, path: '/export/f' },
  { driver: 'iscsi', transport: 'tcp', portal: '127.0.0.1:3260', target: 'iqn.x', lun: 1 },
  { driver: 'rbd', pool: 'rbd', image: 'i' },
  { driver: 'nbd', server: { type: 'inet', host: 'server', port: '10809' }, export: 'e' },
  { driver: 'https', url: 'https://server/f' },
]

test.each(PROTOCOLS.map((protocol) => [protocol.driver, protocol] as const))(
  '%s: every member reaches QMP',
  (_, protocol) => {
    const node = protocolNode(ID, { ...FILE, protocol }, 'read-write')
    expect(node).toMatchObject({ ...protocol, 'node-name': `${ID}-file` })
    expect(node['read-only']).toBe(protocol.driver === 'https')
    expect(opensAtActivation(protocol)).toBe(['file', 'host_device', 'nfs'].includes(protocol.driver))
  },
)

test.each([
  ['none', { direct: true, 'no-flush': false }, false],
  ['writeback', { direct: false, 'no-flush': false }, false],
  ['writethrough', { direct: false, 'no-flush': false }, true],
  ['unsafe', { direct: false, 'no-flush': true }, false],
] as const)('cache=%s', (cache, expected, writethrough) => {
  const disk = { ...FILE, cache }
  expect(protocolNode(ID, disk, 'read-write').cache).toEqual(expected)
  expect(formatNode(ID, disk, 'read-write').cache).toEqual(expected)
  expect(CACHE_MODES[cache].writethrough).toBe(writethrough)
})

test.each([
  ['raw', 'raw'],
  ['qcow2', 'qcow2'],
  ['vhd', 'vpc'],
  ['vhdx', 'vhdx'],
] as const)('the driver of format %s is always said', (format, driver) => {
  expect(formatNode(ID, { ...FILE, format }, 'read-write')).toMatchObject({ driver, file: `${ID}-file` })
})

test('discard and detect-zeroes are passed on', () => {
  const disk = { ...FILE, discard: 'ignore', detectZeroes: 'on' } as const
  expect(protocolNode(ID, disk, 'read-write')).toMatchObject({ discard: 'ignore' })
  expect(formatNode(ID, disk, 'read-write')).toMatchObject({ discard: 'ignore', 'detect-zeroes': 'on' })
})

const OVERLAY = '/tmp/overlay'
test.each<[string, Partial<DiskDescription>, Access, boolean, boolean, string]>([
  ['described writable, activated so', {}, 'read-write', false, false, 'format'],
  ['described writable, activated read-only', {}, 'read-only', true, false, 'guard'],
  ['described read-only', { readOnly: true }, 'read-write', true, true, 'format'],
  ['with an overlay', { overlay: OVERLAY }, 'read-write', true, false, 'overlay'],
  ['with an overlay, activated read-only', { overlay: OVERLAY }, 'read-only', true, false, 'guard'],
  ['read-only with an overlay', { readOnly: true, overlay: OVERLAY }, 'read-write', true, false, 'overlay'],
  ['of a server that cannot write', { protocol: PROTOCOLS[6] as Protocol }, 'read-write', true, true, 'format'],
])('a disk %s', (_, more, access, image, exported, node) => {
  const disk = { ...FILE, ...more }
  expect(protocolNode(ID, disk, access)['read-only']).toBe(image)
  expect(formatNode(ID, disk, access)['read-only']).toBe(image)
  expect(exportIsReadOnly(disk)).toBe(exported)
  expect(imageNode(ID, disk, access)).toBe(`${ID}-${node}`)
})

test('an overlay is writable, qcow2, and backed by the image', () => {
  const nodes = overlayNodes(ID, { ...FILE, overlay: OVERLAY }, OVERLAY)
  expect(nodes).toMatchObject([
    { driver: 'file', filename: OVERLAY, 'read-only': false },
    { driver: 'qcow2', backing: `${ID}-format`, 'read-only': false },
  ])
})

test('a probe writes nothing and takes no lock', () => {
  expect(forProbe(formatNode(ID, FILE, 'read-write'))).toMatchObject({ 'read-only': true, 'force-share': true })
})

test('a secret is an object that the node only names', () => {
  const disk = { ...FILE, secrets: [{ option: 'password-secret', data: 'hunter2' }] }
  expect(secretObjects(ID, disk)).toEqual([{ 'qom-type': 'secret', id: `${ID}-password-secret`, data: 'hunter2' }])
  const node = protocolNode(ID, disk, 'read-write')
  expect(node['password-secret']).toBe(`${ID}-password-secret`)
  expect(JSON.stringify(node)).not.toContain('hunter2')
})

test('limits are those of the throttle group, exact', () => {
  const limits = { 'bps-total': 2n ** 60n }
  expect(limitsObject(ID, { ...FILE, limits })).toEqual({ 'qom-type': 'throttle-group', id: `${ID}-limits`, limits })
  expect(limitsObject(ID, FILE).limits).toEqual({})
})

test('node names have at most the 31 bytes that QEMU allows', () => {
  const { secret: _, ...names } = nodeNames(ID)
  for (const name of Object.values(names)) expect(name.length).toBeLessThanOrEqual(31)
})

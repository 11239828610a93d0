import { expect, test } from 'vitest'
import { nested, withoutDefaults } from '../../../src/engine/qsd/compact.ts'
import { formatNode, forProbe, idleNode, overlayNodes, protocolNode } from '../../../src/engine/qsd/nodes.ts'
import { description } from './support.ts'

const ID = 'd0123456789ab'
const FILE = description('/a/image', 'qcow2')

const compact = (nodes: Parameters<typeof nested>[0]) => nested(nodes).map(withoutDefaults)

test('a file is said inside the format that stands on it, and what QEMU takes for granted is not said', () => {
  expect(compact([protocolNode(ID, FILE, 'read-write'), formatNode(ID, FILE, 'read-write')])).toEqual([
    {
      driver: 'qcow2',
      'node-name': `${ID}-format`,
      discard: 'unmap',
      file: { driver: 'file', filename: '/a/image', 'node-name': `${ID}-file` },
    },
  ])
})

test('what is not taken for granted is said, once', () => {
  const disk = { ...FILE, cache: 'none', discard: 'ignore', detectZeroes: 'on', readOnly: true } as const
  const nodes = [protocolNode(ID, disk, 'read-write'), formatNode(ID, disk, 'read-write')]
  expect(compact(nodes.map(forProbe))).toEqual([
    {
      driver: 'qcow2',
      'node-name': `${ID}-format`,
      'read-only': true,
      'force-share': true,
      cache: { direct: true },
      // Inside a format, QEMU takes the other one for granted.
      file: { driver: 'file', 'node-name': `${ID}-file`, filename: '/a/image', discard: 'ignore' },
    },
  ])
})

test('a file that can be written says so below a format that cannot', () => {
  const nodes = [protocolNode(ID, FILE, 'read-write'), formatNode(ID, FILE, 'read-only')]
  expect(compact(nodes)).toMatchObject([{ 'read-only': true, file: { 'read-only': false } }])
})

test('what stands on other nodes, or whose user is not among them, is a node of its own', () => {
  const overlay = overlayNodes(ID, { ...FILE, overlay: '/o' }, '/o')
  const nodes = compact([protocolNode(ID, FILE, 'read-only'), formatNode(ID, FILE, 'read-only'), ...overlay])
  expect(nodes.map((node) => node['node-name'])).toEqual([`${ID}-format`, `${ID}-overlay`])
  expect(nodes[1]).toMatchObject({ backing: `${ID}-format`, file: { filename: '/o' } })
  const nbd = { ...FILE, protocol: { driver: 'nbd', server: { type: 'unix', path: '/s' } } } as const
  expect(compact([protocolNode(ID, nbd, 'read-write')])).toHaveLength(1)
  expect(compact([formatNode(ID, nbd, 'read-write')])).toMatchObject([{ file: `${ID}-file` }])
})

test('nodes that are not said inside others lack only what QEMU takes for granted', () => {
  expect(withoutDefaults(protocolNode(ID, FILE, 'read-write'))).toEqual({
    driver: 'file',
    'node-name': `${ID}-file`,
    filename: '/a/image',
    discard: 'unmap',
  })
  const idle = idleNode(ID, 512)
  expect(withoutDefaults(idle)).toEqual(idle)
})

/** Every verb of volumes, SRs and disks runs its method with what was typed, and prints its answer as one document. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MethodName } from '../../src/contract/methods.ts'
import { demoDatapathPlugin, demoVolumePlugin, type ScriptedPlugin, volume } from '../support/scripted-plugin.ts'
import { Place } from './smapiv3.ts'

const SR = '11111111-1111-1111-1111-111111111111'

let place: Place
let volumes: ScriptedPlugin
let datapath: ScriptedPlugin

beforeAll(async () => {
  place = await Place.make()
  volumes = demoVolumePlugin(place.root)
  datapath = demoDatapathPlugin(place.root, 'demo', ['NONPERSISTENT'])
  const further = { 'Volume.compare': { blocksize: 65536, ranges: [[0, 2]] }, 'Volume.similar_content': ['vol-2'] }
  const blocks = { granularity: 65536, bitmap: 'gA==' }
  for (const [method, answer] of Object.entries(further)) volumes.answer(method as MethodName, answer)
  for (const method of ['enable_cbt', 'disable_cbt', 'data_destroy', 'set_name', 'set_description'])
    volumes.answer(`Volume.${method}` as MethodName, null)
  volumes.answer('Volume.list_changed_blocks', blocks)
  const attached = await place.json('sr', 'attach', 'demo', '--uuid', SR, 'uri=demo:///x')
  expect(attached.value).toEqual({ uuid: SR, sr: 'demo://vg0' })
})

afterAll(() => place.remove())

const KEY = { key: 'vol-1' }

describe('a volume verb', () => {
  test.each<[words: string[], method: MethodName, params: object, answer: unknown]>([
    [['clone', SR, 'vol-1'], 'Volume.clone', KEY, volume('vol-9')],
    [['snapshot', SR, 'vol-1'], 'Volume.snapshot', KEY, volume('vol-3', { read_write: false })],
    [['copy', SR, 'vol-1', SR], 'Volume.copy', { ...KEY, dest_sr: 'demo://vg0' }, volume('vol-4')],
    [['revert', SR, 'vol-1', 'vol-3'], 'Volume.revert', { ...KEY, snapshot: 'vol-3' }, null],
    [['resize', SR, 'vol-1', '2GiB'], 'Volume.resize', { ...KEY, new_size: 2 ** 31 }, null],
    [['set', SR, 'vol-1', 'colour', 'a=b'], 'Volume.set', { ...KEY, k: 'colour', v: 'a=b' }, null],
    [['unset', SR, 'vol-1', 'colour'], 'Volume.unset', { ...KEY, k: 'colour' }, null],
    [['set-name', SR, 'vol-1', 'n'], 'Volume.set_name', { ...KEY, new_name: 'n' }, null],
    [['set-description', SR, 'vol-1', 'd'], 'Volume.set_description', { ...KEY, new_description: 'd' }, null],
    [
      ['compare', SR, 'vol-1', 'vol-2'],
      'Volume.compare',
      { ...KEY, key2: 'vol-2' },
      { blocksize: 65536, ranges: [[0, 2]] },
    ],
    [['similar-content', SR, 'vol-1'], 'Volume.similar_content', KEY, ['vol-2']],
    [['compose', SR, 'vol-1', 'vol-2'], 'Volume.compose', { ...KEY, key2: 'vol-2' }, null],
    [['enable-cbt', SR, 'vol-1'], 'Volume.enable_cbt', KEY, null],
    [['disable-cbt', SR, 'vol-1'], 'Volume.disable_cbt', KEY, null],
    [['data-destroy', SR, 'vol-1'], 'Volume.data_destroy', KEY, null],
    [
      ['list-changed-blocks', SR, 'vol-1', 'vol-2'],
      'Volume.list_changed_blocks',
      { ...KEY, key2: 'vol-2', offset: 0, length: -1 },
      { granularity: 65536, bitmap: 'gA==' },
    ],
    [['stat', SR, 'vol-1'], 'Volume.stat', KEY, volume('vol-1')],
  ])('%j', async (words, method, params, answer) => {
    volumes.takeMethods()
    const { status, value, stderr } = await place.json('--dbg', 'why', 'volume', ...words)
    expect({ status, value, stderr }).toEqual({ status: 0, value: answer, stderr: '' })
    expect(volumes.calls()).toEqual([{ method, params: { dbg: 'why', sr: 'demo://vg0', ...params } }])
  })

  test('destroy asks for the volume, for a temporary clone of it may have to go with it', async () => {
    volumes.takeMethods()
    expect((await place.json('volume', 'destroy', SR, 'vol-1')).value).toBeNull()
    expect(volumes.takeMethods().at(-1)).toBe('Volume.destroy')
  })
})

describe('an SR verb', () => {
  test.each<[words: string[], method: MethodName, params: object]>([
    [['set-name', SR, 'demo SR'], 'SR.set_name', { new_name: 'demo SR' }],
    [['set-description', SR, 'slow'], 'SR.set_description', { new_description: 'slow' }],
  ])('%j', async (words, method, params) => {
    volumes.takeMethods()
    expect(await place.json('sr', ...words)).toEqual({ status: 0, value: null, stderr: '' })
    expect(volumes.calls()).toMatchObject([{ method, params: { sr: 'demo://vg0', ...params } }])
  })
})

test('the steps of a disk one by one, as a toolstack takes them', async () => {
  const steps = [
    ['open', '--non-persistent'],
    ['activate', '--domain', '7'],
    ['deactivate', '--domain', '7'],
    ['close'],
  ]
  for (const [verb = '', ...options] of steps) {
    const { status, value, stderr } = await place.json('disk', verb, SR, 'vol-1', ...options)
    expect({ verb, status, value, stderr }).toEqual({ verb, status: 0, value: null, stderr: '' })
  }
  expect(datapath.calls().map(({ method, params: { dbg, uri, ...rest } }) => [method, rest])).toEqual([
    ['Datapath.open', { persistent: false }],
    ['Datapath.activate', { domain: '7' }],
    ['Datapath.deactivate', { domain: '7' }],
    ['Datapath.close', {}],
  ])
})

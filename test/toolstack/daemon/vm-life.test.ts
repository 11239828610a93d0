/** The life of a virtual machine, as the toolstack lives it, through the switch, on the bundled plugins. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { DaemonProcess, type Envelope, PACKAGE, type Place, place, SR } from './support.ts'

const FILE = 'org.xen.xapi.storage.file'
const MIB = 1024 * 1024

interface VdiInfo {
  readonly vdi: string
  readonly virtual_size: number
}

test('create, start, write, stop, snapshot, clone, resize, destroy: with the bytes checked', async () => {
  const at = { ...(await place()), root: PACKAGE }
  const daemon = await new DaemonProcess(at).ready()
  const directory = join(at.path, 'images')
  mkdirSync(directory)
  const uri = pathToFileURL(directory).href

  const named = { name_label: 'images', name_description: '' }
  const device_config = await ok(at, 'SR.create', {
    sr: SR,
    ...named,
    device_config: { uri, format: 'raw' },
    physical_size: 0,
  })
  await ok(at, 'SR.attach', { sr: SR, device_config })
  expect(await ok(at, 'SR.list')).toEqual([SR])
  const created = await vdi(at, 'VDI.create', { vdi_info: info('', 8 * MIB) })
  const use = { sr: SR, vdi: created.vdi, dp: 'vbd/7/xvda', vm: '7' }

  await ok(at, 'VDI.epoch_begin', { sr: SR, vdi: created.vdi, vm: '7', persistent: true })
  const backend = await ok(at, 'VDI.attach3', { ...use, read_write: true })
  await ok(at, 'VDI.activate3', use)
  const path = pathOf(backend)
  write(path, 'written by the guest')
  expect(await ok(at, 'DP.attach_info', use)).toEqual(backend)
  await ok(at, 'VDI.deactivate', use)
  await ok(at, 'VDI.deactivate', use)
  await ok(at, 'VDI.detach', use)
  await ok(at, 'VDI.epoch_end', { sr: SR, vdi: created.vdi, vm: '7' })

  const snapshot = await vdi(at, 'VDI.snapshot', { vdi_info: info(created.vdi, 8 * MIB) })
  const clone = await vdi(at, 'VDI.clone', { vdi_info: info(snapshot.vdi, 8 * MIB) })
  expect(await ok(at, 'VDI.resize', { sr: SR, vdi: clone.vdi, new_size: 16 * MIB })).toBe(16 * MIB)

  // An upgrade in the middle of it.
  expect(await daemon.end('SIGTERM')).toBe(0)
  const next = await new DaemonProcess(at).ready()

  const other = { ...use, vdi: clone.vdi, dp: 'vbd/8/xvda', vm: '8' }
  await ok(at, 'VDI.epoch_begin', { sr: SR, vdi: clone.vdi, vm: '8', persistent: true })
  const cloned = await ok(at, 'VDI.attach3', { ...other, read_write: true })
  await ok(at, 'VDI.activate3', other)
  expect(read(pathOf(cloned), 20)).toBe('written by the guest')
  await ok(at, 'DP.destroy2', { ...other, allow_leak: false })
  await ok(at, 'VDI.epoch_end', { sr: SR, vdi: clone.vdi, vm: '8' })

  const listed = (await ok(at, 'SR.scan', { sr: SR })) as VdiInfo[]
  expect(listed.map((each) => each.vdi).sort()).toEqual([created.vdi, snapshot.vdi, clone.vdi].sort())
  for (const each of [clone, snapshot, created]) await ok(at, 'VDI.destroy', { sr: SR, vdi: each.vdi })
  expect(await ok(at, 'SR.scan', { sr: SR })).toEqual([])
  await ok(at, 'SR.detach', { sr: SR })
  await ok(at, 'SR.attach', { sr: SR, device_config })
  await ok(at, 'SR.destroy', { sr: SR })
  expect(await ok(at, 'SR.list')).toEqual([])
  expect(await next.end('SIGTERM')).toBe(0)
  expect(existsSync(at.listenPath)).toBe(false)
}, 300_000)

async function ok(at: Place, method: string, params: object = {}): Promise<unknown> {
  const { result, error }: Envelope = await at.call(method, params, FILE)
  if (error !== null) throw new Error(`${method}: ${JSON.stringify(error)}`)
  return result
}

async function vdi(at: Place, method: string, params: object): Promise<VdiInfo> {
  return (await ok(at, method, { sr: SR, ...params })) as VdiInfo
}

function info(vdi: string, virtual_size: number) {
  return { vdi, name_label: 'disk', name_description: '', virtual_size }
}

function pathOf(backend: unknown): string {
  const { implementations } = backend as { implementations: [string, { path?: string }][] }
  const found = implementations.find(([kind]) => kind === 'BlockDevice' || kind === 'File')?.[1].path
  if (found === undefined) throw new Error(`no path in ${JSON.stringify(backend)}`)
  return found
}

function write(path: string, text: string): void {
  const descriptor = openSync(path, 'r+')
  writeSync(descriptor, Buffer.concat([Buffer.from(text)], 4096), 0, 4096, 0)
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function read(path: string, length: number): string {
  const descriptor = openSync(path, 'r')
  const bytes = Buffer.alloc(length)
  readSync(descriptor, bytes, 0, length, 0)
  closeSync(descriptor)
  return bytes.toString()
}

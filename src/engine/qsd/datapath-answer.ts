/** The answer of Datapath.attach for a disk in a qemu-storage-daemon. */
import type { Result } from '../../kit/index.ts'
import type { DiskOptions, XenBackend } from '../disk-options.ts'
import type { DiskAddress } from './exports.ts'

type Implementation = Result<'Datapath.attach'>['implementations'][number]

/** What each Xen backend is told about a block device: blkback and tapdisk its path, QEMU also how to open it. */
const BACKEND_PARAMS: Readonly<Record<XenBackend, (device: string) => string>> = {
  vbd: (device) => device,
  qdisk: (device) => `aio:${device}`,
  vbd3: (device) => device,
}

/** How a disk can be reached: the XenDisk is what a guest needs beside one of the others. */
export function implementationsOf(address: DiskAddress, options: DiskOptions): Implementation[] {
  const { blockDevice, nbd } = address
  return [
    ...(blockDevice === undefined ? [] : overBlockDevice(blockDevice, options)),
    ...(nbd === undefined ? [] : [nbdImplementation(nbd)]),
  ]
}

/** A guest that may not discard is told so. */
export function overBlockDevice(device: string, { backend, discard }: Pick<DiskOptions, 'backend' | 'discard'>) {
  const extra: Record<string, string> = discard === 'ignore' ? { 'discard-enable': '0' } : {}
  return [
    ['XenDisk', { params: BACKEND_PARAMS[backend](device), extra, backend_type: backend }],
    ['BlockDevice', { path: device }],
  ] satisfies Implementation[]
}

function nbdImplementation({ socket, exportName }: NonNullable<DiskAddress['nbd']>): Implementation {
  return ['Nbd', { uri: `nbd:unix:${socket}:exportname=${exportName}` }]
}

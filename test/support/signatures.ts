/** What block devices carry that nobody may overwrite. Needs root. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { dir } from 'tmp-promise'

const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }

export function makeFileSystem(device: string): void {
  execFileSync('mkfs.ext4', ['-q', device], { env: ENVIRONMENT })
}

/** A master boot record with one partition of Linux. */
export function writePartitionTable(device: string): void {
  const record = Buffer.alloc(512)
  // Type, first sector, number of sectors; then the signature of the record.
  record.writeUInt8(0x83, 450)
  record.writeUInt32LE(2048, 454)
  record.writeUInt32LE(65536, 458)
  record.writeUInt16LE(0xaa55, 510)
  const descriptor = openSync(device, 'r+')
  writeSync(descriptor, record, 0, 512, 0)
  closeSync(descriptor)
}

/** Runs a body with a new file system on a device mounted. */
export async function mounted(device: string, body: () => Promise<void>): Promise<void> {
  makeFileSystem(device)
  const { path, cleanup } = await dir({ prefix: 'smapiv3-mount-' })
  execFileSync('mount', [device, path], { env: ENVIRONMENT })
  try {
    await body()
  } finally {
    execFileSync('umount', [path], { env: ENVIRONMENT })
    await cleanup()
  }
}

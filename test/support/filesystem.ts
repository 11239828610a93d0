/** Small file systems on loop devices, for tests that need a full disk or shared blocks. Needs root. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dir } from 'tmp-promise'

export interface MountedFileSystem {
  readonly path: string
  unmount(): Promise<void>
}

/** Makes and mounts a file system of a size in bytes. */
export async function mountFileSystem(type: 'ext4' | 'xfs', size: number): Promise<MountedFileSystem> {
  const { path: directory, cleanup } = await dir({ unsafeCleanup: true, prefix: `smapiv3-${type}-` })
  const image = join(directory, 'image')
  const path = join(directory, 'mnt')
  writeFileSync(image, '')
  truncateSync(image, size)
  mkdirSync(path)
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
  execFileSync(`mkfs.${type}`, ['-q', image], { env })
  execFileSync('mount', ['-o', 'loop', image, path], { env })
  return {
    path,
    async unmount() {
      execFileSync('umount', [path], { env })
      await cleanup()
    },
  }
}

/** Disks in image files of this host, for tests of what all schemes share. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { createImageArguments, IMAGE_FORMATS, type ImageFormat } from '../../src/engine/image-format.ts'
import { lacks } from '../support/needs.ts'
import { MIB, type UnderTest, underTest } from './networked.ts'

export const withoutDaemon = lacks('qemu-storage-daemon', 'qemu-img', 'qemu-io')
export const withoutLoops = lacks('losetup', 'loop devices', 'fusermount3')

export interface Image {
  readonly path: string
  readonly uri: string
}

export interface ImageDisks extends UnderTest<{ remove(): Promise<void> }> {
  /** The directory of the images, of the running test's own. */
  readonly images: string
  /** Makes an image of zeroes, of 16 MiB unless given. */
  image(format: ImageFormat, name?: string, bytes?: number): Image
  /** Takes the run directory away as a cleaner does: what is mounted stays. */
  loseRunDirectory(): void
}

/** Sets the plugin `file`, or one under another name, up around the tests of a describe block; to be called in it. */
export function imageDisks(path = 'datapath.d/file', scheme = 'file'): ImageDisks {
  let images = ''
  // Hooks after a test run in the opposite order of these: the images go last.
  beforeEach(() => {
    images = join(it.plugin.directory, '..', 'i')
    mkdirSync(images)
  })
  afterEach(() => rmSync(images, { recursive: true }))
  const it = underTest(path, () => Promise.resolve({ remove: () => Promise.resolve() }))
  return {
    // Not spread: plugin and server are not there before the tests run.
    get plugin() {
      return it.plugin
    },
    get server() {
      return it.server
    },
    get images() {
      return images
    },
    attach: it.attach,
    use: it.use,
    leave: it.leave,
    image(format, name = `disk.${format}`, bytes = 16 * MIB) {
      const made = join(images, name)
      execFileSync('qemu-img', [...createImageArguments(made, format, bytes)])
      return { path: made, uri: `${scheme}://${made}` }
    },
    loseRunDirectory() {
      spawnSync('rm', ['-rf', it.plugin.runDirectory])
    },
  }
}

/** Fails unless commands of qemu-io succeed on an image that nobody writes. */
export function imageHolds(path: string, format: ImageFormat, commands: readonly string[]): void {
  const parts = commands.flatMap((command) => ['-c', command])
  const output = execFileSync('qemu-io', ['-r', '-f', IMAGE_FORMATS[format].driver, ...parts, path], {
    encoding: 'utf8',
  })
  expect(output).not.toMatch(/verification failed|error/i)
}

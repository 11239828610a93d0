/** Block devices of a test's own: loop devices on sparse files. Needs root. */
import { execFileSync } from 'node:child_process'
import { renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dirSync } from 'tmp-promise'

export interface TestDevice {
  /** Such as /dev/loop7. */
  readonly path: string
  /** The file behind it. */
  readonly file: string
  /** Takes the device away, as if it were unplugged. */
  unplug(): void
  /** Brings it back, under the same name. */
  plug(): void
  remove(): void
}

const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }

/** Makes a block device of a size in bytes. It holds zeroes behind what it is said to begin with. */
export function blockDevice(size: number, content: string | Buffer = ''): TestDevice {
  const { name: directory, removeCallback } = dirSync({ unsafeCleanup: true, prefix: 'smapiv3-device-' })
  const file = join(directory, 'device')
  writeFileSync(file, content)
  truncateSync(file, size)
  const path = losetup('--find', '--show', file).trim()
  const hidden = `${path}-unplugged`
  let plugged = true
  const device: TestDevice = {
    path,
    file,
    unplug() {
      // Its number stays taken: detached, another test would get it.
      if (plugged) renameSync(path, hidden)
      plugged = false
    },
    plug() {
      if (!plugged) renameSync(hidden, path)
      plugged = true
    },
    remove() {
      device.plug()
      losetup('--detach', path)
      removeCallback()
    },
  }
  return device
}

function losetup(...args: readonly string[]): string {
  return execFileSync('losetup', args, { env: ENVIRONMENT, encoding: 'utf8' })
}

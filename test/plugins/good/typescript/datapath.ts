/**
 * Datapath plugin: the file that a URI names, as it is, or as a loop device where nobody may write it. What is attached is
 * one file for each domain of a disk.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, realpathSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { definePlugin, errors, PluginError, runPlugin } from '../../../../src/kit/index.ts'

const STATE = join(dirname(realpathSync(process.argv[1] ?? '')), 'state')

const digest = (text: string) => createHash('sha256').update(text).digest('hex')
const pathOf = (uri: string) => decodeURIComponent(new URL(uri).pathname)
/** Under a lock: the domains of a disk share its loop device. It is found again after a call that was killed. */
const ATTACH_READ_ONLY = `
  mkdir -p "$1" && : >"$1/$2" && losetup --nooverlap --find --show --read-only "$3" >"$1.device" && cat "$1.device"`
const DETACH_READ_ONLY = `
  rm -f "$1/$2"
  if rmdir "$1" 2>/dev/null || [ ! -d "$1" ]; then
    if [ -s "$1.device" ]; then
      device=$(cat "$1.device")
      losetup --detach "$device"
      # While somebody else has it open the kernel keeps it, and the next attach would find it.
      attempts=100
      while [ $attempts -gt 0 ] && grep -qxF "$3" "/sys/block/\${device#/dev/}/loop/backing_file" 2>/dev/null; do
        attempts=$((attempts - 1))
        sleep 0.05
      done
    fi
    rm -f "$1.device"
  fi`

function locked(script: string, uri: string, domain: string): string {
  mkdirSync(STATE, { recursive: true })
  const file = recordOf(uri, domain)
  const words = ['-c', script, 'sh', dirname(file), basename(file), pathOf(uri)]
  return execFileSync('flock', [join(STATE, 'lock'), 'sh', ...words], { encoding: 'utf8' }).trim()
}

const recordOf = (uri: string, domain: string) => join(STATE, digest(pathOf(uri)), digest(domain))

function record(uri: string, domain: string): void {
  const file = recordOf(uri, domain)
  for (;;) {
    mkdirSync(dirname(file), { recursive: true })
    try {
      writeFileSync(file, '')
      return
    } catch (error) {
      // Another domain has let go, and taken the directory with it; one more may have made it again.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

function forget(uri: string, domain: string): void {
  const file = recordOf(uri, domain)
  rmSync(file, { force: true })
  try {
    rmdirSync(dirname(file))
  } catch {
    // Other domains have it, or nobody has.
  }
}

function checkAttached(uri: string, domain: string): void {
  if (!existsSync(recordOf(uri, domain)))
    throw new PluginError('SR_BACKEND_FAILURE', ['NotAttached', `the disk is not attached to domain ${domain}`])
}

void runPlugin(
  definePlugin({
    query: {
      plugin: 'good-ts',
      name: 'Good disks in TypeScript',
      description: 'Files as they are',
      vendor: 'smapiv3',
      copyright: 'MIT licence',
      version: '1.0',
      configuration: {},
    },
    Datapath: {
      attach({ uri, domain }) {
        const path = pathOf(uri)
        if (!existsSync(path)) throw errors.volumeDoesNotExist(path)
        if ((statSync(path).mode & 0o222) === 0) {
          const device = locked(ATTACH_READ_ONLY, uri, domain)
          return {
            implementations: [
              ['XenDisk', { params: device, extra: {}, backend_type: 'vbd' }],
              ['BlockDevice', { path: device }],
            ],
          }
        }
        record(uri, domain)
        return {
          implementations: [
            ['XenDisk', { params: `aio:${path}`, extra: {}, backend_type: 'qdisk' }],
            ['File', { path }],
          ],
        }
      },
      activate: ({ uri, domain }) => checkAttached(uri, domain),
      activate_readonly: ({ uri, domain }) => checkAttached(uri, domain),
      deactivate() {},
      detach({ uri, domain }) {
        if (existsSync(`${dirname(recordOf(uri, domain))}.device`)) locked(DETACH_READ_ONLY, uri, domain)
        else forget(uri, domain)
      },
    },
  }),
)

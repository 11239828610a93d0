/**
 * Volume plugin: an SR is a directory, a volume a directory in it with a file for its bytes and one for each property.
 *
 * Nothing is locked: a volume is made beside its place and renamed into it, a property is one file that is replaced whole,
 * and a volume that goes is renamed out of its place first. So a call that is killed leaves the old state or the new.
 */
import { execFileSync } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, isAbsolute, join, normalize } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Result } from '../../../../src/contract/methods.ts'
import { definePlugin, errors, PluginError, runPlugin } from '../../../../src/kit/index.ts'

type Volume = Result<'Volume.stat'>

const STATE = join(dirname(realpathSync(process.argv[1] ?? '')), 'state')
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const SIZE_UNIT = 4096
const MAX_SIZE = 2 ** 44

const attachment = (sr: string) => join(STATE, digest(sr))
const digest = (text: string) => createHash('sha256').update(text).digest('hex')
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

function write(path: string, value: unknown): void {
  const own = `${path}.${process.pid}.new`
  writeFileSync(own, JSON.stringify(value))
  renameSync(own, path)
}

function checkAttached(sr: string): void {
  if (!existsSync(attachment(sr))) throw errors.srNotAttached(sr)
}

function directoryOf(configuration: Record<string, string>): string {
  const { path } = configuration
  if (path === undefined || !isAbsolute(path))
    throw new PluginError('SR_BACKEND_FAILURE', ['ConfigurationError', 'device_config needs path, an absolute path'])
  return normalize(path)
}

function statSr(sr: string): Result<'SR.stat'> {
  const { bsize, bavail, blocks } = statfsSync(sr)
  const { uuid } = read(join(sr, 'sr.json'))
  return {
    sr,
    uuid,
    name: read(join(sr, 'name')),
    description: read(join(sr, 'description')),
    free_space: bavail * bsize,
    total_space: blocks * bsize,
    datasources: [],
    clustered: false,
    health: ['Healthy', ''],
  }
}

/** The directory of a volume that exists. */
function find(sr: string, key: string): string {
  const place = join(sr, key)
  if (!KEY.test(key) || !existsSync(place)) throw errors.volumeDoesNotExist(key)
  return place
}

function describe(sr: string, key: string): Volume {
  const place = find(sr, key)
  const { size, blocks } = statSync(join(place, 'image'))
  return {
    key,
    uuid: key,
    name: read(join(place, 'name')),
    description: read(join(place, 'description')),
    ...(read(join(place, 'access')) as Pick<Volume, 'read_write' | 'sharable'>),
    virtual_size: size,
    physical_utilisation: blocks * 512,
    uri: [pathToFileURL(join(place, 'image')).href.replace('file:', 'good-ts:')],
    keys: readKeys(join(place, 'keys')),
  }
}

function readKeys(directory: string): Volume['keys'] {
  const names = readdirSync(directory).filter((name) => !name.endsWith('.new'))
  const entries = names.flatMap((name) => {
    try {
      return [read(join(directory, name))]
    } catch (error) {
      // Unset since the directory was read.
      if (existsSync(join(directory, name))) throw error
      return []
    }
  })
  return Object.fromEntries(entries)
}

function list(sr: string): Volume[] {
  return readdirSync(sr)
    .filter((name) => KEY.test(name))
    .flatMap((key) => {
      try {
        return [describe(sr, key)]
      } catch (error) {
        // Destroyed since the directory was read.
        if (existsSync(join(sr, key))) throw error
        return []
      }
    })
}

function rounded(size: number | bigint): number {
  if (size < 0 || size > MAX_SIZE) throw errors.invalidSize(`${size} bytes are not possible`)
  return Math.max(1, Math.ceil(Number(size) / SIZE_UNIT)) * SIZE_UNIT
}

interface Properties {
  readonly name: string
  readonly description: string
  readonly read_write: boolean
  readonly sharable: boolean
}

/** A new volume; `fill` makes its image. */
function make(
  sr: string,
  { name, description, read_write, sharable }: Properties,
  fill: (image: string) => void,
): Volume {
  const key = randomUUID()
  const own = join(sr, `.new-${process.pid}-${key}`)
  try {
    mkdirSync(join(own, 'keys'), { recursive: true, mode: 0o700 })
    fill(join(own, 'image'))
    chmodSync(join(own, 'image'), read_write ? 0o600 : 0o400)
    writeFileSync(join(own, 'name'), JSON.stringify(name))
    writeFileSync(join(own, 'description'), JSON.stringify(description))
    writeFileSync(join(own, 'access'), JSON.stringify({ read_write, sharable }))
    renameSync(own, join(sr, key))
  } catch (error) {
    rmSync(own, { recursive: true, force: true })
    throw error
  }
  return describe(sr, key)
}

function copy(source: string, target: string): void {
  execFileSync('cp', ['--sparse=always', '--reflink=auto', source, target])
}

function derive(sr: string, key: string, readWrite: boolean): Volume {
  const { name, description } = describe(sr, key)
  const properties = { name, description, read_write: readWrite, sharable: false }
  return make(sr, properties, (image) => copy(join(find(sr, key), 'image'), image))
}

/** What killed calls left; what others are making is not. */
function clean(sr: string): void {
  for (const name of readdirSync(sr)) {
    const [, pid] = /^\.new-(\d+)-/.exec(name) ?? []
    if (!name.startsWith('.gone-') && (pid === undefined || existsSync(`/proc/${pid}`))) continue
    try {
      rmSync(join(sr, name), { recursive: true, force: true })
    } catch (error) {
      // Another call removes it at the same time.
      if (existsSync(join(sr, name))) throw error
    }
  }
}

const propertyOf = (sr: string, key: string, k: string) => join(find(sr, key), 'keys', digest(k))

void runPlugin(
  definePlugin({
    query: {
      plugin: 'goodts',
      name: 'Good volumes in TypeScript',
      description: 'Raw files in directories',
      vendor: 'smapiv3',
      copyright: 'MIT licence',
      version: '1.0',
      configuration: { path: 'Absolute path of the directory' },
    },
    SR: {
      probe({ configuration }) {
        if (configuration.path === undefined) return []
        const sr = directoryOf(configuration)
        if (existsSync(join(sr, 'sr.json'))) {
          const found = statSr(sr)
          return [{ configuration: { path: sr, sr_uuid: found.uuid ?? '' }, complete: true, sr: found, extra_info: {} }]
        }
        return existsSync(dirname(sr)) ? [{ configuration: { path: sr }, complete: true, extra_info: {} }] : []
      },
      create({ uuid, configuration, name, description }) {
        const sr = directoryOf(configuration)
        if (existsSync(join(sr, 'sr.json')))
          throw new PluginError('SR_BACKEND_FAILURE', ['ConfigurationError', `${sr} has an SR already`])
        mkdirSync(sr, { recursive: true })
        write(join(sr, 'name'), name)
        write(join(sr, 'description'), description)
        write(join(sr, 'sr.json'), { uuid })
        return { ...configuration, path: sr, sr_uuid: uuid }
      },
      attach({ configuration }) {
        const sr = directoryOf(configuration)
        if (!existsSync(join(sr, 'sr.json'))) throw errors.srDoesNotExist(sr)
        clean(sr)
        mkdirSync(STATE, { recursive: true })
        write(attachment(sr), sr)
        return sr
      },
      detach({ sr }) {
        rmSync(attachment(sr), { force: true })
      },
      destroy({ sr }) {
        checkAttached(sr)
        for (const name of existsSync(sr) ? readdirSync(sr) : []) {
          if (KEY.test(name) || name.startsWith('.')) rmSync(join(sr, name), { recursive: true, force: true })
        }
        rmSync(sr, { recursive: true, force: true })
        rmSync(attachment(sr), { force: true })
      },
      stat({ sr }) {
        checkAttached(sr)
        return statSr(sr)
      },
      set_name({ sr, new_name }) {
        checkAttached(sr)
        write(join(sr, 'name'), new_name)
      },
      set_description({ sr, new_description }) {
        checkAttached(sr)
        write(join(sr, 'description'), new_description)
      },
      ls({ sr }) {
        checkAttached(sr)
        return list(sr)
      },
    },
    Volume: {
      create({ sr, name, description, size, sharable }) {
        checkAttached(sr)
        const length = rounded(size)
        return make(sr, { name, description, read_write: true, sharable }, (image) => {
          writeFileSync(image, '')
          truncateSync(image, length)
        })
      },
      stat({ sr, key }) {
        checkAttached(sr)
        return describe(sr, key)
      },
      destroy({ sr, key }) {
        checkAttached(sr)
        if (!KEY.test(key)) throw errors.volumeDoesNotExist(key)
        if (!existsSync(join(sr, key))) return
        const gone = join(sr, `.gone-${key}`)
        renameSync(join(sr, key), gone)
        rmSync(gone, { recursive: true, force: true })
      },
      snapshot({ sr, key }) {
        checkAttached(sr)
        return derive(sr, key, false)
      },
      clone({ sr, key }) {
        checkAttached(sr)
        return derive(sr, key, true)
      },
      resize({ sr, key, new_size }) {
        checkAttached(sr)
        const length = rounded(new_size)
        const { read_write, virtual_size } = describe(sr, key)
        if (!read_write) throw new PluginError('SR_BACKEND_FAILURE', ['ReadOnly', 'a snapshot cannot be resized'])
        if (length < virtual_size) throw errors.invalidSize('shrinking is not possible')
        truncateSync(join(sr, key, 'image'), length)
      },
      revert({ sr, snapshot, key }) {
        checkAttached(sr)
        const image = join(find(sr, key), 'image')
        const own = join(sr, `.new-${process.pid}-${key}`)
        copy(join(find(sr, snapshot), 'image'), own)
        chmodSync(own, 0o600)
        renameSync(own, image)
      },
      set_name({ sr, key, new_name }) {
        checkAttached(sr)
        write(join(find(sr, key), 'name'), new_name)
      },
      set_description({ sr, key, new_description }) {
        checkAttached(sr)
        write(join(find(sr, key), 'description'), new_description)
      },
      set({ sr, key, k, v }) {
        checkAttached(sr)
        write(propertyOf(sr, key, k), [k, v])
      },
      unset({ sr, key, k }) {
        checkAttached(sr)
        rmSync(propertyOf(sr, key, k), { force: true })
      },
    },
  }),
)

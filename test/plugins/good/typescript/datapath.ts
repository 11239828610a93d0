/** Datapath plugin: the file that a URI names, as it is. What is attached is one file for each domain of a disk. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, realpathSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { definePlugin, errors, PluginError, runPlugin } from '../../../../src/kit/index.ts'

const STATE = join(dirname(realpathSync(process.argv[1] ?? '')), 'state')

const digest = (text: string) => createHash('sha256').update(text).digest('hex')
const pathOf = (uri: string) => decodeURIComponent(new URL(uri).pathname)
const recordOf = (uri: string, domain: string) => join(STATE, digest(pathOf(uri)), digest(domain))

function record(uri: string, domain: string): void {
  const file = recordOf(uri, domain)
  for (;;) {
    mkdirSync(dirname(file), { recursive: true })
    try {
      writeFileSync(file, '')
      return
    } catch (error) {
      // Another domain has let go, and taken the directory with it.
      if (existsSync(dirname(file))) throw error
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
      detach: ({ uri, domain }) => forget(uri, domain),
    },
  }),
)

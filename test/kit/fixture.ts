/** A plugin that does what the key or the SR it is given says; built and run by the tests. */
import { definePlugin, errors, PluginError, type Result, runPlugin } from '../../src/kit/index.ts'

const VOLUME: Result<'Volume.stat'> = {
  key: 'vol-1',
  name: 'disk “1”',
  description: '',
  read_write: true,
  sharable: false,
  virtual_size: 4096,
  physical_utilisation: 0,
  uri: ['demo:///vol-1'],
  keys: {},
}

/** Key → what Volume.stat does. */
const BEHAVIOURS: Readonly<Record<string, () => unknown>> = {
  plain: () => VOLUME,
  missing: () => {
    throw errors.volumeDoesNotExist('missing')
  },
  numbered: () => {
    throw new PluginError('SR_BACKEND_FAILURE_79', ['VDI Invalid size', 'shrinking not allowed'])
  },
  bug: () => JSON.parse('{'),
  text: () => {
    throw 'only text'
  },
  wrong: () => ({ ...VOLUME, virtual_size: 'big' }),
  inexact: () => ({ ...VOLUME, virtual_size: 2 ** 60 }),
  nothing: () => undefined,
  optional: () => ({ ...VOLUME, uuid: undefined, volume_type: 'CBT_Metadata' }),
  noisy: () => {
    console.log('a message of the plugin')
    return VOLUME
  },
  never: () => new Promise(() => {}),
  stray: () => {
    setTimeout(() => {
      throw new Error('thrown by a timer')
    }, 1)
    return new Promise(() => {})
  },
  lingering: () => {
    setInterval(() => {}, 1000)
    return VOLUME
  },
}

void runPlugin(
  definePlugin({
    query: {
      plugin: 'demo',
      name: 'Demo',
      description: 'A plugin for tests',
      vendor: 'smapiv3',
      copyright: 'MIT',
      version: '1.0',
      features: ['VDI_CLONE/2', 'THIN_PROVISIONING'],
      configuration: { uri: 'Where it is' },
    },
    SR: {
      attach: ({ configuration }) => JSON.stringify(configuration),
      detach() {},
      probe({ configuration }) {
        throw new Error(`mount failed: user=u,password=${configuration.password}`)
      },
      ls: ({ sr }) =>
        Array.from({ length: Number(sr) }, (_, index) => ({
          ...VOLUME,
          key: `${index}`,
          description: 'd'.repeat(100),
        })),
    },
    Volume: {
      async create({ name, size, sharable }) {
        return { ...VOLUME, name, virtual_size: size, sharable }
      },
      clone: () => VOLUME,
      stat: ({ key }) => (BEHAVIOURS[key] ?? BEHAVIOURS.missing)?.() as Result<'Volume.stat'>,
      list_changed_blocks: ({ offset, length }) => ({ granularity: 65536, bitmap: `${offset} ${length}` }),
      enable_cbt() {},
    },
    Data: {
      stat: ({ operation: [kind, id] }) => {
        throw errors.cancelled(`${kind} ${id}`)
      },
      copy: ({ blocklist }) => ['CopyV1', JSON.stringify(blocklist)],
    },
  }),
)

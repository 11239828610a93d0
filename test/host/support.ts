import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Host } from '../../src/host/host.ts'
import type { Settings } from '../../src/host/settings.ts'
import { scratch } from '../support/scratch.ts'
import { demoDatapathPlugin, demoVolumePlugin, type ScriptedPlugin } from '../support/scripted-plugin.ts'

export const SR = '11111111-1111-1111-1111-111111111111'

export const SETTINGS: Settings = {
  deadlines: {},
  environment: { pass: [], set: {} },
  output_limit: undefined,
  trace_limit: 0,
}

export interface Setup {
  readonly root: string
  readonly stateDirectory: string
  readonly host: Host
  readonly volume: ScriptedPlugin
  readonly datapath: ScriptedPlugin
  readonly warnings: string[]
  /** Another host on the same state, as a restarted process would be. */
  restart(): Host
}

/** A host with a scripted volume plugin and a scripted datapath plugin for its URIs. */
export function setUp({
  features = [],
  version = '5.0',
}: {
  features?: readonly string[]
  version?: string
} = {}): Setup {
  const directory = scratch()
  const root = join(directory, 'root')
  const stateDirectory = join(directory, 'state')
  mkdirSync(root, { mode: 0o755 })
  const warnings: string[] = []
  const start = (): Host => {
    const host = new Host({
      roots: [root],
      stateDirectory,
      settings: SETTINGS,
      onWarning: (message) => warnings.push(message),
    })
    onTestFinished(() => host.close())
    return host
  }
  const volume = demoVolumePlugin(root, 'org.xen.xapi.storage.demo', version)
  const datapath = demoDatapathPlugin(root, 'demo', features)
  return { root, stateDirectory, host: start(), volume, datapath, warnings, restart: start }
}

/** The same, with the SR attached and the calls so far forgotten. */
export async function setUpAttached(options: Parameters<typeof setUp>[0] = {}): Promise<Setup> {
  const setup = setUp(options)
  await setup.host.srs.attach({ plugin: 'demo', uuid: SR, configuration: { uri: 'demo:///x' } })
  setup.volume.takeMethods()
  return setup
}

/** An SR of many volumes on real storage: one that its plugin made, and copies of what says that it is there. */
import { spawnSync } from 'node:child_process'
import type { lacks } from '../../test/support/needs.ts'
import type { TestPlugin } from '../../test/support/plugin.ts'

/** An SR that is attached. */
export interface Stock {
  readonly sr: string
  /** A volume in it. */
  readonly key: string
  /** Reads all metadata of the SR from its storage, once, by what the plugin reads it with. */
  readOnce(): void
}

export interface Stocks {
  /** Makes an SR of so many volumes. */
  fill(count: number): Promise<Stock>
  remove(): Promise<void>
}

export interface StockDescription {
  /** The end of the plugin's name. */
  readonly type: string
  readonly needs: Parameters<typeof lacks>
  /** Volumes of the large SR; 10,000 unless given. */
  readonly volumes?: number
  /** What {@link Stock.readOnce} is, in words. */
  readonly peer: string
  start(plugin: TestPlugin, scratch: string): Promise<Stocks>
}

/** Makes an SR and a volume in it. */
export async function makeSr(plugin: TestPlugin, place: Readonly<Record<string, string>>, size: number) {
  const request = { uuid: crypto.randomUUID(), name: 'bench', description: '' }
  const configuration = await plugin.call('SR.create', { ...request, configuration: place })
  const sr = await plugin.call('SR.attach', { configuration })
  const volume = { sr, name: 'a volume', description: 'one of many', size, sharable: false }
  const { key } = await plugin.call('Volume.create', volume)
  return { sr, key, configuration }
}

/** Runs a program to its end and gives what it printed; throws unless it succeeds. */
export function runChecked([file = '', ...args]: readonly string[], env: NodeJS.ProcessEnv, input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { input, env, encoding: 'utf8', maxBuffer: 2 ** 30 })
  if (status !== 0) throw error ?? new Error(`${file} exited with ${status}: ${stderr}${stdout}`)
  return stdout
}

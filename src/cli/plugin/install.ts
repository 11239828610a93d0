import { cp, lstat, mkdtemp, realpath, rename, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { Smapiv3Error } from '../../contract/errors.ts'
import type { PluginKind } from '../../contract/methods.ts'
import type { Host } from '../../host/host.ts'
import { kindDirectoriesOf, kindOfDirectory } from '../../registry/layout.ts'
import type { ReadyPlugin } from '../../registry/snapshot.ts'
import { answer } from '../answer.ts'
import { option, text } from '../arguments.ts'
import { usage } from '../options.ts'
import { verb } from '../verb.ts'

export const install = verb({
  command: 'install <source>',
  summary: 'Copy a plugin into a root, after it has answered Plugin.query there',
  details: 'The plugin appears in one instant and whole. Links inside of it stay links.',
  examples: [['plugin install ./org.xen.xapi.storage.mine --to /srv/plugins', 'into the volume.d of a root']],
  takes: (yargs) =>
    yargs
      .positional('source', text('Directory (or single file) of the plugin'))
      .option('to', { ...option('Root, or its volume.d or datapath.d', 'DIR'), demandOption: true }),
  run: async ({ source, to }, { host }) => {
    const installed = await installPlugin(host, resolve(source), resolve(to))
    const { name, kind, path, query } = installed
    return answer({ name, kind, path, version: query.version }, () => `${kind} plugin ${name} is installed as ${path}.`)
  },
})

async function installPlugin(host: Host, source: string, to: string): Promise<ReadyPlugin> {
  const { kind, name } = await host.plugin(source)
  const directory = await directoryFor(kind, to)
  const target = join(directory, name)
  if (await exists(target)) {
    throw new Smapiv3Error('USAGE', `${target} is there already`, {
      recovery: 'Remove it first, or name another --to.',
    })
  }
  // Hidden from hosts that watch the directory, and on its file system.
  const staging = await mkdtemp(join(directory, '.smapiv3-install-'))
  try {
    const copy = join(staging, name)
    await cp(await realpath(source), copy, { recursive: true, verbatimSymlinks: true })
    await host.plugin(copy, kind)
    await rename(copy, target)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return host.plugin(target, kind)
}

async function directoryFor(kind: PluginKind, to: string): Promise<string> {
  const ofKind = kindOfDirectory(basename(to))
  if (ofKind !== undefined && ofKind !== kind) throw usage(`a ${kind} plugin does not belong into ${to}`)
  const candidates =
    ofKind === kind ? [to] : kindDirectoriesOf(to).flatMap((row) => (row.kind === kind ? [row.path] : []))
  for (const candidate of candidates) if (await exists(candidate)) return candidate
  throw usage(`there is none of ${candidates.join(', ')}`, 'Create the directory first.')
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    return false
  }
}

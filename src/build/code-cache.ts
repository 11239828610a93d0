/** What V8 makes of the scripts of the command line: compiled by the build, they need not be compiled at every start. */
import { chmod, mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { withDir } from 'tmp-promise'

const UUID = '00000000-0000-4000-8000-000000000000'

const PRELOADED = join(import.meta.dirname, 'keep-compiled.cjs')

const QUERY = {
  plugin: 'org.xen.xapi.storage.build',
  name: 'Build',
  description: 'For the build',
  vendor: 'smapiv3',
  copyright: 'smapiv3',
  version: '0.1.0',
  required_api_version: '5.0',
  features: ['SR_ATTACH'],
  configuration: {},
  required_cluster_stack: [],
}

const SR = {
  sr: 'sr',
  uuid: UUID,
  name: 'build',
  description: '',
  free_space: 0,
  total_space: 0,
  datasources: [],
  clustered: false,
  health: ['Healthy', ''],
}

const PLUGIN = `#!/bin/sh
case "$0" in
*/Plugin.query) echo '${JSON.stringify(QUERY)}' ;;
*/SR.attach) echo '"sr"' ;;
*/SR.stat) echo '${JSON.stringify(SR)}' ;;
*/SR.ls) echo '[]' ;;
*) echo '"everything that a call needs is compiled by now"' ;;
esac
`

const METHODS = ['Plugin.query', 'Plugin.diagnostics', 'SR.attach', 'SR.stat', 'SR.ls']

/** The scripts, by name, and what is run in turn so that V8 compiles what nearly every command needs of them. */
const COMMANDS = {
  command: [['call', 'build', 'Plugin.diagnostics']],
  program: [
    ['sr', 'attach', 'build', '--uuid', UUID],
    ['volume', 'ls', UUID],
  ],
} as const

export type ScriptName = keyof typeof COMMANDS

/** Runs commands of the executable, and keeps what was compiled of a script for the last of them beside it. */
export async function writeCodeCache(executable: string, name: ScriptName): Promise<void> {
  const cache = join(dirname(executable), `${name}.cache`)
  await withDir(
    async ({ path: directory }) => {
      const plugin = join(directory, 'root', 'volume.d', QUERY.plugin)
      const script = join(plugin, 'plugin')
      await mkdir(plugin, { recursive: true, mode: 0o755 })
      await writeFile(script, PLUGIN)
      await chmod(script, 0o755)
      for (const method of METHODS) await symlink('plugin', join(plugin, method))
      const options = ['--root', join(directory, 'root'), '--state-dir', join(directory, 'state')]
      for (const words of COMMANDS[name]) {
        await execa(process.execPath, ['--require', PRELOADED, executable, ...options, ...words], {
          env: { CODE_NAME: `${name}.js`, CODE_CACHE: `${cache}.tmp`, SMAPIV3_CONFIG: '' },
        })
      }
      await rename(`${cache}.tmp`, cache)
    },
    { unsafeCleanup: true, prefix: 'smapiv3-build-' },
  )
}

/** What V8 makes of the command line's script: compiled by the build, it need not be compiled at every start. */
import { chmod, mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { withDir } from 'tmp-promise'

const PRELOADED = join(import.meta.dirname, 'keep-compiled.cjs')

const PLUGIN = `#!/bin/sh
echo '"everything that a call needs is compiled by now"'
`

/** Runs one call of a plugin with the executable, and keeps what was compiled for it in a file. */
export async function writeCodeCache(executable: string, path: string): Promise<void> {
  await withDir(
    async ({ path: directory }) => {
      const plugin = join(directory, 'root', 'volume.d', 'plugin')
      const script = join(plugin, 'Plugin.diagnostics')
      await mkdir(plugin, { recursive: true, mode: 0o755 })
      await writeFile(script, PLUGIN)
      await chmod(script, 0o755)
      await symlink(script, join(plugin, 'Plugin.query'))
      const options = ['--root', join(directory, 'root'), '--state-dir', join(directory, 'state')]
      const call = [...options, 'call', plugin, 'Plugin.diagnostics']
      await execa(process.execPath, ['--require', PRELOADED, executable, ...call], {
        env: { CODE_CACHE: `${path}.tmp`, SMAPIV3_CONFIG: '' },
      })
      await rename(`${path}.tmp`, path)
    },
    { unsafeCleanup: true, prefix: 'smapiv3-build-' },
  )
}

/** `npm run bench`: what things cost, each beside a peer that is measured in turn with it. Needs cc and a built dist/. */
import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { withDir } from 'tmp-promise'
import type { Bench } from './bench.ts'
import { command } from './command.ts'
import { daemon } from './daemon.ts'
import { tableOf } from './figure.ts'
import { pluginStart } from './plugin-start.ts'
import { reading } from './reading.ts'
import { throughput } from './throughput.ts'
import { volumes } from './volumes.ts'

await withDir(
  async ({ path }) => {
    const bench = prepare(path)
    console.log(`${cpus().length} cores, Node.js ${process.version}, ${process.platform} ${process.arch}`)
    // What holds nothing in memory comes first: the memory of this process is part of the cost of its children.
    const figures = [
      ...command(bench),
      ...pluginStart(),
      ...(await volumes()),
      ...(await throughput(bench)),
      ...(await reading()),
      ...(await daemon()),
    ]
    console.log(tableOf(figures))
  },
  { prefix: 'smapiv3-bench-', unsafeCleanup: true },
)

function prepare(path: string): Bench {
  const root = join(path, 'root')
  const plugin = join(root, 'volume.d', 'org.xen.xapi.storage.bench')
  mkdirSync(plugin, { recursive: true, mode: 0o755 })
  const script = join(plugin, 'Plugin.diagnostics')
  compile('plugin.c', script)
  chmodSync(script, 0o755)
  linkSync(script, join(plugin, 'Plugin.query'))
  const limit = join(path, 'posix-spawn')
  compile('posix-spawn.c', limit, '-pthread')
  return { root, stateDirectory: join(path, 'state'), script, limit }
}

function compile(source: string, output: string, ...options: readonly string[]): void {
  execFileSync('cc', ['-O2', ...options, '-o', output, join(import.meta.dirname, source)])
}

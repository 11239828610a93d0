/**
 * `npx tsx bench/datapath.ts [NAME]…`: the datapath plugins, scheme by scheme on real servers; with names, only what has one
 * of them in its own. What is not installed is skipped by name. Needs root for most of it.
 */
import { withDir } from 'tmp-promise'
import { cycles } from './datapath-cycle.ts'
import { SCHEMES } from './datapath-disks.ts'
import { PAIRS, throughputOfDisks } from './datapath-io.ts'
import { memory } from './datapath-memory.ts'
import { type Figure, tableOf } from './figure.ts'

export function datapath(names: readonly string[] = []): Promise<Figure[]> {
  const isWanted = ({ name }: { readonly name: string }) =>
    names.length === 0 || names.some((wanted) => name.includes(wanted))
  return withDir(
    async ({ path }) => [
      ...(await cycles(SCHEMES.filter(isWanted), path)),
      ...(await throughputOfDisks(PAIRS.filter(isWanted), path)),
      ...(isWanted({ name: 'memory' }) ? await memory(path) : []),
    ],
    { prefix: 'sm3-bench-', unsafeCleanup: true },
  )
}

if (import.meta.filename === process.argv[1]) console.log(tableOf(await datapath(process.argv.slice(2))))

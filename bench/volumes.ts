/**
 * `npx tsx bench/volumes.ts [TYPE]…`: what many volumes cost, SR.ls beside reading the same metadata from the storage once,
 * and one Volume.stat among few and among many. What is not installed is skipped by name. Needs root for most of it.
 */
import { join } from 'node:path'
import { withDir } from 'tmp-promise'
import { lacks } from '../test/support/needs.ts'
import { installPlugin } from '../test/support/plugin.ts'
import { type Figure, milliseconds, ratio, tableOf } from './figure.ts'
import { ENVIRONMENT, inTurn, medianOf } from './measure.ts'
import { directoryStocks } from './stocks/directories.ts'
import { lvmStock } from './stocks/lvm.ts'
import { rbdStock } from './stocks/rbd.ts'
import { runChecked, type Stock, type StockDescription } from './stocks/stock.ts'

const VOLUMES = 10_000
const FEW = 10
const LIST_ROUNDS = 5
const STAT_ROUNDS = 21

const STOCKS: readonly StockDescription[] = [...directoryStocks, lvmStock, rbdStock]

export async function volumes(names: readonly string[] = []): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const description of STOCKS) {
    if (names.length > 0 && !names.includes(description.type)) continue
    if (!lacks(...description.needs))
      figures.push(...(await withDir(({ path }) => measure(description, path), TEMPORARY)))
  }
  return figures
}

const TEMPORARY = { prefix: 'sm3-bench-', unsafeCleanup: true }

async function measure(description: StockDescription, scratch: string): Promise<Figure[]> {
  const plugin = await installPlugin(`volume.d/org.xen.xapi.storage.${description.type}`)
  const storage = await description.start(plugin, scratch)
  try {
    const count = description.volumes ?? VOLUMES
    const [few, many] = [await storage.fill(FEW), await storage.fill(count)]
    const env = { ...ENVIRONMENT, SMAPIV3_RUN_DIR: plugin.runDirectory }
    const call = (method: string, { sr, key }: Stock): string =>
      runChecked([join(plugin.directory, method), '--json'], env, `${JSON.stringify({ sr, key, dbg: 'bench' })}\n`)
    const listed = JSON.parse(call('SR.ls', many)) as unknown[]
    if (listed.length !== count) throw new Error(`SR.ls has ${listed.length} volumes`)
    const list = inTurn(
      LIST_ROUNDS,
      () => call('SR.ls', many),
      () => many.readOnce(),
    )
    const stat = inTurn(
      STAT_ROUNDS,
      () => call('Volume.stat', many),
      () => call('Volume.stat', few),
    )
    return [
      {
        what: `SR.ls of ${count} volumes, ${description.type}`,
        median: milliseconds(medianOf(list, (ours) => ours)),
        ratio: ratio(medianOf(list, (ours, once) => ours / once)),
        peer: `${description.peer}: ${milliseconds(medianOf(list, (_, once) => once))}`,
      },
      {
        what: `Volume.stat among ${count} volumes, ${description.type}`,
        median: milliseconds(medianOf(stat, (ours) => ours)),
        ratio: ratio(medianOf(stat, (ours, other) => ours / other)),
        peer: `among ${FEW}: ${milliseconds(medianOf(stat, (_, other) => other))}`,
      },
    ]
  } finally {
    await storage.remove()
    await plugin.remove()
  }
}

if (import.meta.filename === process.argv[1]) console.log(tableOf(await volumes(process.argv.slice(2))))

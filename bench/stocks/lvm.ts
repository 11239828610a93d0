/** SRs on volume groups, whose metadata is written as vgcfgrestore takes it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blockDevice, type TestDevice } from '../../test/support/block-device.ts'
import { lvm, lvmReport } from '../../test/support/lvm.ts'
import { makeSr, type StockDescription } from './stock.ts'

const EXTENT = 4 * 2 ** 20
/** Room for every volume, which has one extent, and for the metadata. */
const SIZE = 64 * 2 ** 30

/** What SR.ls tells of each logical volume. */
const COLUMNS = 'lv_name,lv_tags,lv_size,lv_permissions,segtype,seg_start,seg_pe_ranges'

export const lvmStock: StockDescription = {
  type: 'lvm',
  needs: ['lvm', 'losetup', 'loop devices'],
  peer: 'one lvs',
  async start(plugin, scratch) {
    const devices: TestDevice[] = []
    return {
      async fill(count) {
        const device = blockDevice(SIZE)
        devices.push(device)
        const { sr, key, configuration } = await makeSr(plugin, { device: device.path }, EXTENT)
        const { vg = '' } = configuration
        const file = join(scratch, `${count}.vg`)
        lvm([device.path], 'vgcfgbackup', '--file', file, vg)
        writeFileSync(file, multiplied(readFileSync(file, 'utf8'), key, count))
        lvm([device.path], 'vgcfgrestore', '--file', file, vg)
        return { sr, key, readOnce: () => void lvmReport([device.path], 'lvs', COLUMNS, vg) }
      },
      async remove() {
        for (const sr of await plugin.call('Plugin.ls', {})) await plugin.call('SR.detach', { sr })
        for (const device of devices) device.remove()
      },
    }
  },
}

/** The metadata with copies of the one logical volume, each on an extent of its own. */
function multiplied(text: string, key: string, count: number): string {
  const begin = text.indexOf('\t\t', text.indexOf('logical_volumes {'))
  const end = text.lastIndexOf('\t}\n\n}')
  const volume = text.slice(begin, end)
  const [, id = ''] = /id = "(.*?)"/.exec(volume) ?? []
  const copies = Array.from({ length: count - 1 }, (_, index) =>
    volume
      .replaceAll(key, crypto.randomUUID())
      .replace(id, idOf(index))
      .replace('"pv0", 0', `"pv0", ${index + 1}`),
  )
  return text.slice(0, begin) + [volume, ...copies].join('\n') + text.slice(end)
}

function idOf(index: number): string {
  return `bench0-0000-0000-0000-0000-0000-${String(index).padStart(6, '0')}`
}

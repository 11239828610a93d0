/** Volumes that grow while a domain has them, through the command line `smapiv3`. */
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Result } from '../../../src/contract/methods.ts'
import { loopCapacity } from '../../../src/engine/loop.ts'
import { io, targetOf } from '../../support/datapath.ts'
import { commandLine, settings, typeOf } from './command-line.ts'
import { BLOCK, changed, expectBytes, expectStored, grown, zeroes } from './content.ts'
import { type Configuration, type StorageDescription, underTest, type Volume } from './storage.ts'

type Backend = Result<'Datapath.attach'>

/** For plugins with the feature VDI_RESIZE_ONLINE. */
export function growth(description: StorageDescription): void {
  describe('a volume that grows', () => {
    const it = underTest(description)
    const cli = commandLine(it, description)

    test('while it is written, while it is attached only, and while two domains have it: all see it', async () => {
      const { storage, unit } = it
      const type = typeOf(description)
      const { uuid, configuration } = await cli<{ uuid: string; configuration: Configuration }>(
        ...['sr', 'create', type, '--name', 'grown', ...settings(await storage.newPlace())],
      )
      await cli('sr', 'attach', type, '--uuid', uuid, ...settings(configuration))
      const { key } = await cli<Volume>('volume', 'create', 'grown', 'disk', String(unit))
      const backend = await cli<Backend>('disk', 'attach', 'grown', key)
      const target = targetOf(backend)
      let content = zeroes(unit)
      const putLast = async (value: number): Promise<void> => {
        content = changed(content, content.length - 1, 1, value)
        await io(target, [`write -P ${value} ${(content.length - 1) * BLOCK} ${BLOCK}`, 'flush'])
        await expectBytes(target, content)
      }
      const grow = async (size: number): Promise<void> => {
        await cli('volume', 'resize', 'grown', key, String(size))
        content = grown(content, size)
        expect(await cli('volume', 'stat', 'grown', key)).toMatchObject({ virtual_size: size })
        for (const [kind, shown] of shownSizes(backend)) expect([kind, shown]).toEqual([kind, size])
      }
      try {
        await putLast(0xa5)
        await grow(2 * unit)
        await putLast(0x5a)
        await cli('disk', 'deactivate', 'grown', key)
        await grow(3 * unit)
        await cli('disk', 'activate', 'grown', key)
        await putLast(0x33)
        expect(await cli<Backend>('disk', 'attach', 'grown', key, '--domain', '7')).toEqual(backend)
        await grow(4 * unit)
        await putLast(0x77)
      } finally {
        await cli('disk', 'detach', 'grown', key, '--domain', '7')
        await cli('disk', 'detach', 'grown', key)
      }
      await expectStored(it, await cli<Volume>('volume', 'stat', 'grown', key), content)
      await cli('volume', 'destroy', 'grown', key)
      await cli('sr', 'destroy', 'grown')
    }, 300_000)
  })
}

/** How many bytes each implementation shows. */
function shownSizes({ implementations }: Backend): readonly (readonly [kind: string, bytes: number])[] {
  return implementations.flatMap((implementation) => {
    switch (implementation[0]) {
      case 'Nbd':
        return [['Nbd', imageSize(implementation[1].uri)]]
      case 'BlockDevice':
        return [['BlockDevice', loopCapacity(implementation[1].path)]]
      case 'File':
        return [['File', statSync(implementation[1].path).size]]
      default:
        return []
    }
  })
}

function imageSize(uri: string): number {
  const info = execFileSync('qemu-img', ['info', '--output=json', '-f', 'raw', uri], { encoding: 'utf8' })
  return JSON.parse(info)['virtual-size']
}

/** What is read from the devices of a volume group is what LVM reports of it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { dirSync } from 'tmp-promise'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { configuration } from '../../../src/engine/lvm/command.ts'
import { ConfigTextError, parseSection } from '../../../src/engine/lvm/config-text.ts'
import { readMetadataText } from '../../../src/engine/lvm/metadata-area.ts'
import { findVolumeGroupHead, reportLogicalVolumes } from '../../../src/engine/lvm/report.ts'
import { storedGroup } from '../../../src/engine/lvm/stored.ts'
import { RUN_DIRECTORY_VARIABLE } from '../../../src/engine/run-directory.ts'
import { blockDevice, type TestDevice } from '../../support/block-device.ts'
import { lvm, lvmReport } from '../../support/lvm.ts'
import { lacks } from '../../support/needs.ts'

const MIB = 2 ** 20

describe('the grammar', () => {
  test('has sections, numbers, texts, lists and comments', () => {
    const section = parseSection('a = 1 # one\nb { c = "x \\"y\\" {" }\nd = ["e", 2]\n# end\nf = []\n}\ng = 3')
    expect(section.get('a')).toBe(1)
    expect(section.get('b')).toEqual(new Map([['c', 'x "y" {']]))
    expect(section.get('d')).toEqual(['e', 2])
    expect(section.get('f')).toEqual([])
    expect(section.has('g')).toBe(false)
  })

  test.each(['a b', 'a = ', 'a = {', '= 1', 'a = x', 'a = ["b" = 1]'])('%s is not of it', (text) => {
    expect(() => parseSection(text)).toThrow(ConfigTextError)
  })
})

describe.skipIf(lacks('lvm', 'losetup', 'loop devices'))('a volume group', () => {
  const run = dirSync({ prefix: 'smapiv3-test-', unsafeCleanup: true })
  const devices: TestDevice[] = []
  const paths = () => devices.map(({ path }) => path)
  const vg = `stored-${process.pid}`

  beforeAll(() => {
    process.env[RUN_DIRECTORY_VARIABLE] = run.name
    devices.push(blockDevice(64 * MIB), blockDevice(64 * MIB))
  })
  afterAll(() => {
    for (const device of devices) device.remove()
    delete process.env[RUN_DIRECTORY_VARIABLE]
    run.removeCallback()
  })
  beforeEach(() => {
    lvm(paths(), 'vgcreate', '--addtag', 'z', '--addtag', 'a', vg, ...paths())
    return () => {
      lvm(paths(), 'vgremove', '--force', vg)
    }
  })

  function expectAgreement(prefix = ''): void {
    const stored = storedGroup(paths(), vg)
    const reported = reportLogicalVolumes(paths(), vg, prefix)
    const byName = (list: readonly { readonly name: string }[] = []) =>
      [...list].sort((one, other) => (one.name < other.name ? -1 : 1))
    expect(byName(stored?.logicalVolumes(prefix))).toEqual(byName(reported?.logicalVolumes))
    const [row] = lvmReport(paths(), 'vgs', 'vg_uuid,vg_tags,vg_size,vg_free,vg_extent_size', vg)
    const { size, free } = stored?.space() ?? {}
    expect([stored?.uuid, stored?.tags.join(','), size, free, stored?.extentSize]).toEqual([
      row?.vg_uuid,
      row?.vg_tags,
      ...[row?.vg_size, row?.vg_free, row?.vg_extent_size].map(Number),
    ])
  }

  const create = (name: string, ...more: readonly string[]): string =>
    lvm(paths(), 'lvcreate', '-an', '-Zn', '-Wn', '--name', name, ...more, vg)

  test('without volumes', () => {
    expectAgreement()
    expect(storedGroup(paths(), vg)?.logicalVolumes('')).toEqual([])
  })

  test('with linear volumes in one piece and several, striped ones, tags, and some that can only be read', () => {
    create('one', '-L', '4m', '--addtag', 'smapiv3.name=a&20b', '--addtag', 'b')
    create('one.1', '-L', '8m', '--permission', 'r')
    lvm(paths(), 'lvextend', '-L', '+8m', `${vg}/one`)
    create('spread', '-l', '20', '--type', 'striped', '-i', '2')
    create('two', '-L', '4m')
    expectAgreement()
    expectAgreement('one')
    expectAgreement('none')
    const names = storedGroup(paths(), vg)
      ?.logicalVolumes('one')
      ?.map(({ name }) => name)
    expect(names?.sort()).toEqual(['one', 'one.1'])
  })

  test('whose text begins at the end of its area and goes on at the beginning', () => {
    create('one', '-L', '4m')
    const tag = 'x'.repeat(1000)
    // More than the area of 1 MiB holds, so that each place in it comes to be the beginning.
    for (let turn = 0; turn < 40; turn++) {
      const tags = Array.from({ length: 40 }, (_, index) => `${tag}${turn}.${index}`)
      lvm(paths(), 'lvchange', ...tags.flatMap((each) => ['--addtag', each]), `${vg}/one`)
      expect(storedGroup(paths(), vg)?.logicalVolumes('')?.[0]?.tags).toEqual([...tags].sort())
      lvm(paths(), 'lvchange', ...tags.flatMap((each) => ['--deltag', each]), `${vg}/one`)
      expect(storedGroup(paths(), vg)?.logicalVolumes('')?.[0]?.tags).toEqual([])
    }
  })

  test('that is being changed: what is read is the state before or after', async () => {
    const script = 'for n in $(seq 20); do lvm lvcreate --config "$1" -an -Zn -Wn -L 4m -n "n$n" "$0" || exit; done'
    const child = spawn('sh', ['-c', script, vg, configuration(paths()).replaceAll('\n', ' ')], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio: 'ignore',
    })
    const exit = once(child, 'exit')
    let seen = 0
    while (child.exitCode === null) {
      const volumes = storedGroup(paths(), vg)?.logicalVolumes('')
      // For a moment the devices do not agree; then LVM is asked.
      if (volumes !== undefined) {
        expect(volumes.length).toBeGreaterThanOrEqual(seen)
        seen = volumes.length
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await exit).toEqual([0, null])
    expectAgreement()
    expect(storedGroup(paths(), vg)?.logicalVolumes('')).toHaveLength(20)
  })

  test('of which a device is away, damaged, or not of it: LVM is asked', () => {
    create('one', '-L', '4m')
    const [first, second] = devices
    second?.unplug()
    expect(storedGroup(paths(), vg)).toBeUndefined()
    second?.plug()
    expect(storedGroup([first?.path ?? ''], vg)).toBeUndefined()
    expect(storedGroup(paths(), 'another')).toBeUndefined()
    expect(storedGroup('all', vg)).toBeUndefined()
    const text = readMetadataText(paths())?.text
    expect(text?.toString('latin1')).toContain(vg)
    const restore = invert(second?.file ?? '', AREA_CHECKSUM)
    expect(storedGroup(paths(), vg)).toBeUndefined()
    restore()
    expectAgreement()
    expect(findVolumeGroupHead(paths(), vg)?.missing).toBe(0)
  })
})

/** A byte of the checksum of the header of the first area, where LVM puts that. */
const AREA_CHECKSUM = 4096 + 3

/** Inverts a byte of a file, and gives what undoes it. */
function invert(path: string, position: number): () => void {
  const byte = Buffer.alloc(1)
  const turn = (): void => {
    const descriptor = openSync(path, 'r+')
    try {
      readSync(descriptor, byte, 0, 1, position)
      byte[0] = ~(byte[0] ?? 0) & 0xff
      writeSync(descriptor, byte, 0, 1, position)
    } finally {
      closeSync(descriptor)
    }
  }
  turn()
  return turn
}

import { afterEach, describe, expect, test, vi } from 'vitest'

/**
 * What LVM is told on a kernel with device-mapper and on one without. Machines that test this project have none, so
 * there the command lines are all that can be checked; without device-mapper they run in test/volume.d/lvm.test.ts.
 */
async function on(deviceMapper: boolean) {
  vi.resetModules()
  vi.doMock('../../../src/engine/lvm/device-mapper.ts', () => ({
    hasDeviceMapper: () => deviceMapper,
    hasThinPools: () => deviceMapper,
  }))
  return {
    ...(await import('../../../src/engine/lvm/logical-volumes.ts')),
    ...(await import('../../../src/engine/lvm/content.ts')),
    ...(await import('../../../src/engine/lvm/command.ts')),
  }
}

afterEach(() => {
  vi.doUnmock('../../../src/engine/lvm/device-mapper.ts')
})

const volume = { vg: 'group', name: 'volume', tags: ['a', 'b'] }
const lines = (args: readonly string[]) => args.join(' ')

describe('with device-mapper', () => {
  test('a linear volume is anywhere, and active', async () => {
    const { linearArguments } = await on(true)
    expect(lines(linearArguments(volume, 8192))).toBe(
      'lvcreate --name volume --size 8192b --type linear --zero n --wipesignatures n --activate y ' +
        '--addtag a --addtag b group',
    )
  })

  test('thin volumes, their snapshots and their pool', async () => {
    const { thinArguments, thinPoolArguments, thinSnapshotArguments } = await on(true)
    expect(lines(thinPoolArguments('group'))).toBe(
      'lvcreate --name smapiv3-pool --type thin-pool --extents 95%FREE --zero y --discards passdown group',
    )
    expect(lines(thinArguments(volume, 8192))).toBe(
      'lvcreate --name volume --type thin --virtualsize 8192b --thinpool smapiv3-pool --wipesignatures n --activate y ' +
        '--addtag a --addtag b group',
    )
    expect(lines(thinSnapshotArguments(volume, 'source'))).toBe(
      'lvcreate --snapshot --name volume --setactivationskip n --permission rw --activate y ' +
        '--addtag a --addtag b group/source',
    )
  })

  test('the bytes of a volume are those of its device', async () => {
    const { piecesOf } = await on(true)
    const layout = { vg: 'group', extentSize: 4096, physicalVolumes: [] }
    const logical = { name: 'volume', tags: [], size: 8192, readOnly: false, segments: [] }
    expect(piecesOf(layout, logical)).toEqual([{ device: '/dev/group/volume', offset: 0, length: 8192 }])
  })

  test('LVM activates', async () => {
    expect((await on(true)).configuration(['/dev/x'])).toContain('global/activation=1\n')
  })
})

describe('without device-mapper', () => {
  test('a linear volume is one range, and not active', async () => {
    const { linearArguments } = await on(false)
    const ranges = [{ device: '/dev/x', first: 3, last: 4 }]
    expect(lines(linearArguments(volume, 8192, { ranges }))).toBe(
      'lvcreate --name volume --size 8192b --type linear --zero n --wipesignatures n --activate n --alloc contiguous ' +
        '--addtag a --addtag b group /dev/x:3-4',
    )
  })

  test('the bytes of a volume are ranges of its physical volumes', async () => {
    const { piecesOf } = await on(false)
    const layout = { vg: 'group', extentSize: 4096, physicalVolumes: [{ path: '/dev/x', start: 1024 }] }
    const segment = (start: number, first: number, last: number) => ({
      start,
      type: 'linear',
      ranges: [{ device: '/dev/x', first, last }],
    })
    const logical = {
      name: 'volume',
      tags: [],
      size: 12288,
      readOnly: false,
      segments: [segment(0, 7, 7), segment(4096, 2, 3)],
    }
    expect(piecesOf(layout, logical)).toEqual([
      { device: '/dev/x', offset: 1024 + 7 * 4096, length: 4096 },
      { device: '/dev/x', offset: 1024 + 2 * 4096, length: 8192 },
    ])
  })

  test('commands see the devices named and no others', async () => {
    const { configuration } = await on(false)
    expect(configuration(['/dev/disk/by-id/a.b', '/dev/x'])).toContain(
      'devices/global_filter=["a|^/dev/disk/by-id/a[.]b$|","a|^/dev/x$|","r|.*|"]\n',
    )
    expect(configuration('all')).not.toContain('filter')
  })
})

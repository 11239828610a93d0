/** The LVM plugin for tests of what only it has: devices of their own, and calls with what they have in common. */
import { afterAll, afterEach, beforeAll } from 'vitest'
import { blockDevice, type TestDevice } from '../support/block-device.ts'
import { lvmReport } from '../support/lvm.ts'
import { installPlugin, type TestPlugin } from '../support/plugin.ts'

export const UUID = '11111111-1111-4111-8111-111111111111'
export const OTHER = '99999999-9999-4999-8999-999999999999'
export const MIB = 2 ** 20
export const EXTENT = 4 * MIB

/** Sets the plugin up around the tests of a describe block, and takes away what each made; to be called in it. */
export function underLvm() {
  let installed: TestPlugin | undefined
  const present = (): TestPlugin => {
    if (installed === undefined) throw new Error('not before the tests run')
    return installed
  }
  const call: TestPlugin['call'] = (method, params) => present().call(method, params)
  const fail: TestPlugin['fail'] = (method, params) => present().fail(method, params)
  const plugin = { call, fail }
  const devices: TestDevice[] = []
  let names = 0

  beforeAll(async () => {
    installed = await installPlugin('volume.d/org.xen.xapi.storage.lvm')
  })
  afterAll(() => installed?.remove())
  afterEach(async () => {
    for (const sr of await plugin.call('Plugin.ls', {})) await plugin.call('SR.detach', { sr })
    for (const device of devices.splice(0)) device.remove()
  })

  function newDevice(size = 64 * MIB): TestDevice {
    const device = blockDevice(size)
    devices.push(device)
    return device
  }

  /** A name that no volume group of this machine has. */
  function newName(): string {
    return `test-${process.pid}-${names++}`
  }

  const request = (configuration: Record<string, string>, uuid = UUID) => ({
    uuid,
    configuration,
    name: 'fast disks',
    description: 'im Schrank „3“',
  })
  const create = (configuration: Record<string, string>, uuid = UUID) =>
    plugin.call('SR.create', request({ ...(configuration.vg ? {} : { vg: newName() }), ...configuration }, uuid))
  const refusal = async (configuration: Record<string, string>) =>
    (await plugin.fail('SR.create', request(configuration))).params.join(': ')
  const attach = async (configuration: Record<string, string>) => plugin.call('SR.attach', { configuration })
  const probe = (configuration: Record<string, string>) => plugin.call('SR.probe', { configuration })
  const newVolume = (sr: string, size: number, name = 'disk') =>
    plugin.call('Volume.create', { sr, name, description: '', size, sharable: false })

  /** The size of each logical volume of some devices. */
  const logicalVolumes = (...paths: string[]) =>
    Object.fromEntries(
      lvmReport(paths, 'lvs', 'lv_name,lv_size').map(({ lv_name, lv_size }) => [lv_name, Number(lv_size)]),
    )

  return { plugin, newDevice, newName, request, create, refusal, attach, probe, newVolume, logicalVolumes }
}

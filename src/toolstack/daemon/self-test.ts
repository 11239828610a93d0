/** The self-test of the reference daemon (SMAPIv2 bridge, section 15): one plugin driven in process, without a switch. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isObject } from '../../contract/normalise.ts'
import { Host } from '../../host/host.ts'
import type { Log } from '../log.ts'
import { Dispatcher } from '../smapiv2/dispatcher.ts'
import { writeText } from '../smapiv2/json-text.ts'

const PLUGIN = 'org.xen.xapi.storage.dummyv5'
const PASSED = 0
const FAILED = 2

/** Drives the plugin `org.xen.xapi.storage.dummyv5` of the root through a short life; the exit status. */
export async function selfTest({ roots }: { readonly roots: readonly string[] }, log: Log): Promise<number> {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'smapiv3-self-test-'))
  const host = new Host({ roots, stateDirectory, onWarning: (message) => log('warn', {}, message) })
  try {
    await host.plugins()
    await life(new Dispatcher({ host, log }))
    log('info', { plugin: PLUGIN }, 'the self-test has passed')
    return PASSED
  } catch (error) {
    log('error', { plugin: PLUGIN, error: (error as Error).message }, 'the self-test has failed')
    return FAILED
  } finally {
    host.close()
    rmSync(stateDirectory, { recursive: true, force: true })
  }
}

async function life(dispatcher: Dispatcher): Promise<void> {
  const call = async (method: string, params: object = {}): Promise<unknown> => {
    const payload = writeText({ method, params: [{ dbg: 'self-test', ...params }], id: 1 })
    const { result, error } = JSON.parse(await dispatcher.handle(PLUGIN, payload)) as Record<string, unknown>
    if (error !== null) throw new Error(`${method}: ${writeText(error)}`)
    return result
  }
  const sr = randomUUID()
  const query = await call('Query.query')
  await call('Query.diagnostics')
  const uri = { uri: 'file:///dev/null' }
  const device_config = await call('SR.create', {
    sr,
    name_label: 'self-test',
    name_description: '',
    device_config: uri,
    physical_size: 0,
  })
  await call('SR.detach', { sr })
  await call('SR.attach', { sr, device_config })
  const vdi_info = { vdi: '', name_label: 'self-test', name_description: '', virtual_size: 0 }
  const created = await call('VDI.create', { sr, vdi_info })
  const vdi = isObject(created) ? created.vdi : undefined
  await call('VDI.stat', { sr, vdi })
  await call('VDI.destroy', { sr, vdi })
  await call('SR.stat', { sr })
  await call('SR.scan', { sr })
  const features = isObject(query) && Array.isArray(query.features) ? query.features : []
  if (features.includes('SR_PROBE')) await call('SR.probe', { queue: PLUGIN, device_config: uri, sm_config: {} })
  await call('SR.detach', { sr })
}

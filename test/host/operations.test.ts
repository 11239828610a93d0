import { describe, expect, test } from 'vitest'
import type { Progress } from '../../src/host/operations.ts'
import { volume as record } from '../support/scripted-plugin.ts'
import { SR, setUpAttached } from './support.ts'

const MIRROR = ['MirrorV1', 'job-17']
const REMOTE = 'nbd://host/disk'
const COMPLETE = { failed: false, complete: true, progress: 1 }
const RUNNING = { failed: false, complete: false, progress: 0.5 }

async function setUpMirror(status: object) {
  const setup = await setUpAttached()
  const { datapath } = setup
  datapath.answer('Data.mirror', MIRROR)
  datapath.answer('Data.stat', status)
  datapath.answer('Data.cancel', null)
  datapath.answer('Data.destroy', null)
  return { ...setup, methods: () => datapath.calls().map(({ method }) => method) }
}

const source = { sr: SR, key: 'vol-1' }

describe('an operation', () => {
  test('is started through the datapath plugin by which a domain has the disk, whatever attach would choose now', async () => {
    const { host, volume, datapath } = await setUpMirror(COMPLETE)
    await host.disks.connect(SR, 'vol-1', { domain: '7' })
    volume.answer('Volume.stat', record('vol-1', { uri: ['other:///vol-1'] }))
    const request = { source, domain: '7', remote: REMOTE, dbg: 'why' }
    expect(await host.operations.start(request)).toEqual({ datapath: 'demo', operation: MIRROR })
    expect(datapath.calls().at(-1)).toEqual({
      method: 'Data.mirror',
      params: { dbg: 'why', uri: 'demo:///vol-1', domain: '7', remote: REMOTE },
    })
  })

  test('is waited for, and tells how far it is', async () => {
    const { host, methods } = await setUpMirror(COMPLETE)
    const seen: Progress[] = []
    const last = await host.operations.run({ source, remote: REMOTE }, (progress) => seen.push(progress))
    expect(last).toEqual({ datapath: 'demo', operation: MIRROR, ...COMPLETE })
    expect(seen).toEqual([last])
    expect(methods()).toEqual(['Data.mirror', 'Data.stat'])
  })

  test('whose wait is cancelled is cancelled and forgotten', async () => {
    const { host, methods } = await setUpMirror(RUNNING)
    const controller = new AbortController()
    const request = { source, remote: REMOTE, signal: controller.signal }
    const running = host.operations.run(request, () => controller.abort(new Error('enough')))
    await expect(running).rejects.toThrow('enough')
    expect(methods()).toEqual(['Data.mirror', 'Data.stat', 'Data.cancel', 'Data.destroy'])
  })

  test('that cannot be looked at is ended, and what cannot be ended is said', async () => {
    const { host, datapath, methods } = await setUpMirror(RUNNING)
    datapath.fail('Data.stat', ['the engine is gone'])
    datapath.fail('Data.cancel', ['it does not stop'])
    datapath.fail('Data.destroy', ['nobody listens'])
    const running = host.operations.run({ source, remote: REMOTE }, () => {})
    await expect(running).rejects.toThrow(/the engine is gone.*undoing.*failed too.*nobody listens/)
    expect(methods()).toEqual(['Data.mirror', 'Data.stat', 'Data.cancel', 'Data.destroy'])
  })

  test('of a URI without a scheme, or with one that nobody serves, is refused', async () => {
    const { host, methods } = await setUpMirror(COMPLETE)
    const start = (uri: string) => host.operations.start({ source: { uri }, remote: REMOTE })
    await expect(start('/srv/disk')).rejects.toMatchObject({ kind: 'BAD_PARAMETERS' })
    await expect(start('other:///disk')).rejects.toMatchObject({ kind: 'NO_SUCH_PLUGIN' })
    expect(methods()).toEqual([])
  })
})

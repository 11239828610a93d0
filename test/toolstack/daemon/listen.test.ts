/** The daemon's own socket: JSON-RPC, metrics, health. */
import { statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { DaemonProcess, daemonIn, demoPlugins, exchange, type Place, place, QUEUE, SR } from './support.ts'

async function listening(options: object = {}): Promise<Place & { log: { message: string }[] }> {
  const at = await place()
  demoPlugins(at)
  const { log } = await daemonIn(at, { listenPath: at.listenPath, ...options })
  return { ...at, log }
}

function line(id: unknown, method: string, params: object = {}): string {
  return `${JSON.stringify({ jsonrpc: '2.0', method, params: { dbg: 'D', ...params }, id })}\n`
}

async function rpc(at: Place, ...lines: string[]): Promise<Record<string, unknown>[]> {
  const text = await exchange(at.listenPath, lines.join(''), lines.length)
  const answers = text
    .trimEnd()
    .split('\n')
    .map((answer) => JSON.parse(answer))
  return answers.sort((a, b) => Number(a.id) - Number(b.id))
}

test('serves the methods of SMAPIv2: the plugin is a parameter, or that of the attached SR', async () => {
  const at = await listening({ switchPath: undefined })
  const [query] = await rpc(at, line(1, 'Query.query', { plugin: 'demo' }))
  expect(query).toMatchObject({ jsonrpc: '2.0', id: 1, result: { driver: 'demo' } })
  const [attach] = await rpc(at, line('a', 'SR.attach', { plugin: QUEUE, sr: SR, device_config: { uri: 'demo:///x' } }))
  expect(attach).toEqual({ jsonrpc: '2.0', result: null, id: 'a' })
  const answers = await rpc(
    at,
    line(1, 'SR.list'),
    line(2, 'VDI.stat', { sr: SR, vdi: 'vol-1' }),
    line(3, 'SR.probe', { queue: 'demo', device_config: {}, sm_config: {} }),
  )
  expect(answers).toMatchObject([{ result: [SR] }, { result: { vdi: 'vol-1' } }, { result: ['Probe', []] }])
})

test('errors are those of JSON-RPC, with the error of SMAPIv2 as their data', async () => {
  const at = await listening()
  const answers = await rpc(
    at,
    line(1, 'VDI.stat', { sr: 'no', vdi: 'v' }),
    line(2, 'VDI.nonsense'),
    line(3, 'Query.query'),
    line(4, 'Query.query', { plugin: 'absent' }),
    '{"jsonrpc":"2.0","method":"SR.list"}\n',
    'not json\n',
    '\n{"method":"SR.list","params":[{}],"id":5}\n',
  )
  const seen = answers.map(({ id, error }) => [id, (error as { code: number }).code])
  expect(seen.sort()).toEqual(
    [
      [1, -32000],
      [2, -32601],
      [3, -32000],
      [4, -32000],
      [null, -32600],
      [null, -32700],
      [5, -32600],
    ].sort(),
  )
  expect(answers.find(({ id }) => id === 1)).toMatchObject({ error: { data: ['Sr_not_attached', 'no'] } })
  expect(answers.find(({ id }) => id === 3)).toMatchObject({
    error: { message: expect.stringContaining('params.plugin') },
  })
})

test('is for its user alone', async () => {
  const at = await listening()
  expect(statSync(at.listenPath).mode & 0o777).toBe(0o600)
})

test('replaces the socket of a daemon that was killed, and nothing else', async () => {
  const at = await place()
  const killed = await new DaemonProcess(at).ready()
  await killed.end('SIGKILL')
  expect(statSync(at.listenPath).isSocket()).toBe(true)
  await new DaemonProcess(at).ready()
  expect(await exchange(at.listenPath, 'GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')).toContain(
    '200 OK',
  )

  const taken = { ...at, stateDirectory: `${at.path}/other`, listenPath: `${at.path}/taken` }
  const server = createServer().listen(taken.listenPath)
  onTestFinished(() => void server.close())
  const late = new DaemonProcess(taken)
  await late.says('another process listens there')
  writeFileSync(`${at.path}/file`, 'precious')
  const file = new DaemonProcess({ ...taken, listenPath: `${at.path}/file` })
  await file.says('something that is no socket stands there')
  expect(statSync(`${at.path}/file`).size).toBe(8)
})

test('GET /metrics counts calls by plugin, method and outcome', async () => {
  const at = await listening()
  await at.call('SR.list')
  await at.call('VDI.stat', { sr: 'no', vdi: 'v' })
  await at.call('SR.attach', { sr: SR, device_config: { uri: 'demo:///x' } })
  await at.call('Made.up')
  const text = await exchange(at.listenPath, 'GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  expect(text).toContain(`smapiv3_calls_total{plugin="${QUEUE}",method="SR.list",outcome="ok"} 1\n`)
  expect(text).toContain(`smapiv3_calls_total{plugin="${QUEUE}",method="VDI.stat",outcome="Sr_not_attached"} 1\n`)
  expect(text).toContain(`smapiv3_calls_total{plugin="${QUEUE}",method="unknown",outcome="Internal_error"} 1\n`)
  expect(text).toContain(`smapiv3_call_duration_seconds_bucket{plugin="${QUEUE}",method="SR.attach",le="+Inf"} 1\n`)
  expect(text).toContain(`smapiv3_call_duration_seconds_count{plugin="${QUEUE}",method="SR.attach"} 1\n`)
  expect(text).toContain(`smapiv3_scripts_running{plugin="${QUEUE}"} 0\n`)
  expect(text).toContain(`smapiv3_switch_connects_total{queue="${QUEUE}"} 1\n`)
  expect(text).toContain('smapiv3_srs_attached 1\n')
  expect(text).toMatch(/smapiv3_event_loop_delay_seconds\{quantile="0.99"\} [\d.e-]+\n/)
  const [, ...bodies] = text.split('\r\n\r\n')
  expect(bodies.join('').match(/^(?!# (HELP|TYPE) )(?!\w+(\{[^}]*\})? [\d.e+-]+$).+$/gm)).toBeNull()
})

test('GET /healthz tells how plugins and queues are; other pages are not there', async () => {
  const at = await listening()
  const get = (page: string, method = 'GET') =>
    exchange(at.listenPath, `${method} ${page} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
  await at.call('SR.list')
  // The queues are served before the volume plugins have answered what they are.
  await at.call('Query.query')
  const text = await get('/healthz')
  expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toEqual({
    status: 'serving',
    plugins: { [`volume ${QUEUE}`]: 'ready', 'datapath demo': 'ready' },
    queues: { [QUEUE]: 'serving', 'org.xen.xapi.observer': 'serving' },
    srs: 0,
  })
  expect(await get('/')).toContain('404 Not Found')
  expect(await get('/metrics', 'POST')).toContain('405')
})

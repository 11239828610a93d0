import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { dropConnection, keepConnection, Qmp, withQmp } from '../../../src/engine/qsd/qmp.ts'
import { QmpConnectionError, QmpError } from '../../../src/engine/qsd/qmp-error.ts'
import { lacks } from '../../support/needs.ts'
import { scratch } from '../../support/scratch.ts'

const GREETING = { QMP: { version: {}, capabilities: [] } }

/** A daemon that answers each line by a function; undefined is no answer. */
async function daemon(
  answer: (request: { execute: string; arguments: object }) => unknown,
  clients = new Set<Socket>(),
): Promise<string> {
  const path = join(scratch(), 'qmp')
  const server = createServer((client) => {
    clients.add(client)
    client.write(`${JSON.stringify(GREETING)}\r\n`)
    client.on('error', () => client.destroy())
    client.on('data', (data) => {
      for (const line of String(data).trim().split('\n')) {
        const request = JSON.parse(line)
        const reply = request.execute === 'qmp_capabilities' ? '{"return":{}}' : answer(request)
        if (reply === null) client.destroy()
        else if (reply !== undefined) client.write(`${reply}\r\n`)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => {
    for (const client of clients) client.destroy()
    server.close()
  })
  return path
}

test('a command gives its result, with int64 exact both ways', async () => {
  let seen = ''
  const path = await daemon((request) => {
    seen = request.execute
    return '{"return":{"size":9223372036854775807}}'
  })
  const result = await withQmp(path, (qmp) => qmp.execute('query-it', { size: 2n ** 63n - 1n }))
  expect(seen).toBe('query-it')
  expect(result).toEqual({ size: 2n ** 63n - 1n })
})

/** Serves one client after the other, as a daemon does, once it is told to; until then none more than two can wait. */
const CROWDED = `
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(0)
print('ready', flush=True)
sys.stdin.readline()
while True:
    client, _ = server.accept()
    try:
        client.sendall(b'{"QMP":{"version":{},"capabilities":[]}}\\r\\n')
        for _ in client.makefile():
            client.sendall(b'{"return":{}}\\r\\n')
    except OSError:
        pass
`

test.skipIf(lacks('python3'))('a daemon for which as many wait as can is tried again', async () => {
  const path = join(scratch(), 'qmp')
  const server = spawn('/usr/bin/python3', ['-c', CROWDED, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void server.kill('SIGKILL'))
  await once(server.stdout, 'data')
  const waiting: Socket[] = []
  onTestFinished(() => {
    for (const socket of waiting) socket.destroy()
  })
  const isFull = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = createConnection(path, () => resolve(false))
      socket.once('error', () => resolve(true))
      waiting.push(socket)
    })
  while (!(await isFull()));
  const answer = withQmp(path, (qmp) => qmp.execute('query-it'))
  for (const socket of waiting) socket.destroy()
  server.stdin.write('\n')
  expect(await answer).toEqual({})
})

test('a refusal is an error with the class and the description of QMP', async () => {
  const path = await daemon(() => '{"error":{"class":"DeviceNotFound","desc":"no such thing"}}')
  const failure = await withQmp(path, (qmp) => qmp.execute('blockdev-del')).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(QmpError)
  expect(failure).toMatchObject({
    command: 'blockdev-del',
    errorClass: 'DeviceNotFound',
    description: 'no such thing',
    message: expect.stringContaining('no such thing'),
  })
})

test('an answer to a client that was killed is not taken for that of another command', async () => {
  const path = await daemon(({ execute }) => `{"return":"of another","id":"1-0"}\r\n{"return":"${execute}"}`)
  const results = await withQmp(path, (qmp) => Promise.all(['a', 'b', 'c'].map((name) => qmp.execute(name))))
  expect(results).toEqual(['a', 'b', 'c'])
})

test('commands sent together are answered each with its own result, with events in between', async () => {
  const path = await daemon(({ execute }) => `{"event":"NOISE","data":{}}\r\n{"return":"${execute}"}`)
  const results = await withQmp(path, (qmp) => Promise.all(['a', 'b', 'c'].map((name) => qmp.execute(name))))
  expect(results).toEqual(['a', 'b', 'c'])
})

test('an event is waited for by name and content', async () => {
  const events = [
    '{"event":"OTHER","data":{"id":"x"}}',
    '{"event":"JOB","data":{"id":"y"}}',
    '{"event":"JOB","data":{"id":"x"}}',
  ]
  const path = await daemon(() => `{"return":{}}\r\n${events.join('\r\n')}`)
  await withQmp(path, async (qmp) => {
    const event = qmp.event(['JOB'], (data) => data.id === 'x', 60_000)
    await qmp.execute('go')
    expect(await event).toEqual({ event: 'JOB', data: { id: 'x' } })
    await expect(qmp.event(['NEVER'], () => true, 20)).rejects.toThrow(/NEVER within 20 ms/)
  })
})

// Where there is something to see, the time for it has no part in the outcome: on a busy machine it passes before that is seen.
test.each([
  ['does not answer', () => undefined, 50, /did not answer query within 50 ms/],
  ['goes away', () => null, 60_000, /closed/],
  ['does not speak QMP', () => 'hello', 60_000, /does not speak QMP: hello/],
])('a daemon that %s is an error in bounded time', async (_, answer, patience, message) => {
  const path = await daemon(answer)
  const failure = withQmp(path, (qmp) => qmp.execute('query', {}, patience))
  await expect(failure).rejects.toThrow(QmpConnectionError)
  await expect(failure).rejects.toThrow(message)
})

describe('a connection that is kept', () => {
  const run = (path: string) => withQmp(path, (qmp) => qmp.execute('query'))

  test('serves one after the other, and ends when it is kept no longer', async () => {
    const clients = new Set<Socket>()
    const path = await daemon(() => '{"return":"answer"}', clients)
    keepConnection(path)
    expect([await run(path), await run(path), clients.size]).toEqual(['answer', 'answer', 1])
    const [client] = clients
    const closed = new Promise((resolve) => client?.on('close', resolve))
    dropConnection(path)
    await closed
    expect([await run(path), clients.size]).toEqual(['answer', 2])
  })

  test('is made way for by who uses it, where another waits for its turn', async () => {
    const clients = new Set<Socket>()
    const path = await daemon(() => '{"return":"answer"}', clients)
    keepConnection(path)
    await withQmp(path, async () => {
      expect(await run(path)).toBe('answer')
    })
    await expect.poll(() => [...clients].every(({ closed }) => closed)).toBe(true)
    dropConnection(path)
  })

  test('does no harm where its daemon has gone, and another one is there', async () => {
    const clients = new Set<Socket>()
    const path = await daemon(({ execute }) => (execute === 'end' ? null : '{"return":"answer"}'), clients)
    keepConnection(path)
    await expect(withQmp(path, (qmp) => qmp.execute('end'))).rejects.toThrow(QmpConnectionError)
    expect([await run(path), clients.size]).toEqual(['answer', 2])
    dropConnection(path)
  })
})

test('nobody there is an error that names the socket', async () => {
  const path = join(scratch(), 'qmp')
  await expect(Qmp.connect(path)).rejects.toThrow(QmpConnectionError)
  await expect(Qmp.connect(path)).rejects.toThrow(path)
})

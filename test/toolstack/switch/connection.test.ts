import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { dir } from 'tmp-promise'
import { afterEach, describe, expect, test } from 'vitest'
import { Connection } from '../../../src/toolstack/switch/connection.ts'
import { Session } from '../../../src/toolstack/switch/session.ts'
import { Bench, until } from './support.ts'

const bench = new Bench()
afterEach(() => bench.end())

/** A peer that says what a test makes it say. */
async function peer(talk: (socket: Socket, connections: number) => void): Promise<string> {
  const { path, cleanup } = await dir({ unsafeCleanup: true })
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    talk(socket, sockets.length)
  })
  server.listen(`${path}/sock`)
  await once(server, 'listening')
  bench.defer(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await cleanup()
  })
  return `${path}/sock`
}

function open(path: string): Connection {
  const connection = new Connection(path)
  bench.defer(async () => connection.close())
  return connection
}

const O_CLOEXEC = 0o2000000

function isSocket(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
  } catch {
    // The descriptor with which the directory was read.
    return false
  }
}

function flagsOf(fd: string): number {
  const [, flags = ''] = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? []
  return Number.parseInt(flags, 8)
}

const GET = { method: 'GET', path: '/' } as const
const answer = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

describe('an answer', () => {
  test('is read from whatever pieces it comes in', async () => {
    const path = await peer((socket) => {
      socket.setNoDelay()
      socket.on('data', async () => {
        for (const byte of Buffer.from(answer('§ é'))) {
          socket.write(Buffer.of(byte))
          await new Promise(setImmediate)
        }
      })
    })
    const connection = open(path)
    expect(await connection.request(GET)).toBe('§ é')
    expect(await connection.request(GET)).toBe('§ é')
  })

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'not understood'],
    ['no length', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 'not understood'],
    ['an answer too many', answer('a') + answer('b'), 'not understood'],
    ['an endless head', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`, 'not understood'],
    ['a login that lacks', 'HTTP/1.1 404 Not Found\r\ncontent-length: 14\r\n\r\nPlease log in.', 'not logged in'],
    ['another 404', 'HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\nNot found', 'refused'],
    ['a 500', 'HTTP/1.1 500 Oh\r\ncontent-length: 28\r\n\r\nError: Internal Server Error', 'refused'],
  ])('%s is told as such', async (_, bytes, reason) => {
    const path = await peer((socket) => socket.on('data', () => socket.write(bytes)))
    await expect(open(path).request(GET)).rejects.toMatchObject({ reason })
  })

  test('that was refused leaves the connection usable', async () => {
    const mswitch = await bench.switch()
    const connection = open(mswitch.socketPath)
    await expect(connection.request({ method: 'GET', path: '/list/' })).rejects.toMatchObject({
      reason: 'not logged in',
    })
    await connection.request({ method: 'GET', path: '/login/x' })
    await expect(connection.request({ method: 'GET', path: '/ack/q/NaN' })).rejects.toMatchObject({ reason: 'refused' })
    expect(await connection.request({ method: 'GET', path: '/list/' })).toBe('[]')
    expect(mswitch.connections).toBe(1)
  })
})

describe('a connection', () => {
  test('is never opened again: what is asked after it broke fails', async () => {
    let connections = 0
    const path = await peer((socket, count) => {
      connections = count
      socket.on('data', () => socket.destroy())
    })
    const connection = open(path)
    const both = [connection.request(GET), connection.request(GET)]
    for (const request of both) await expect(request).rejects.toMatchObject({ reason: 'connection lost' })
    await expect(connection.request(GET)).rejects.toMatchObject({ reason: 'connection lost' })
    expect(connections).toBe(1)
  })

  test('sends one request at a time, in order', async () => {
    const mswitch = await bench.switch()
    const connection = open(mswitch.socketPath)
    const paths = Array.from({ length: 20 }, (_, index) => `/login/${index}`)
    await Promise.all(paths.map((path) => connection.request({ method: 'GET', path })))
    expect(mswitch.transcript.map(({ request }) => request)).toEqual(paths.map((path) => `GET ${path}`))
    expect(mswitch.violations).toEqual([])
  })

  // Defect 41 of the reference.
  test('is not inherited by the processes that we start', async () => {
    const mswitch = await bench.switch()
    const before = new Set(readdirSync('/proc/self/fd'))
    await open(mswitch.socketPath).request({ method: 'GET', path: '/login/x' })
    const opened = readdirSync('/proc/self/fd').filter((fd) => !before.has(fd) && isSocket(fd))
    expect(opened.length).toBeGreaterThan(0)
    for (const fd of opened) expect(flagsOf(fd) & O_CLOEXEC).toBe(O_CLOEXEC)
  })

  test('to nobody fails with the path', async () => {
    await expect(open('/nowhere/sock').request(GET)).rejects.toMatchObject({
      reason: 'connection lost',
      message: expect.stringContaining('/nowhere/sock'),
    })
  })

  test('whose login is refused or given up is closed', async () => {
    const mswitch = await bench.switch()
    mswitch.inject({ matching: /login/, status: 500 })
    const login = { socketPath: mswitch.socketPath, token: 'x' }
    const given = new AbortController()
    await expect(Session.open(login, given.signal)).rejects.toMatchObject({ reason: 'refused' })
    mswitch.inject({ matching: /login/, delay: 10 })
    const slow = Session.open(login, given.signal)
    await until(() => mswitch.transcript.length === 2)
    given.abort()
    await expect(slow).rejects.toMatchObject({ reason: 'closed' })
    await until(() => mswitch.connections === 0)
  })
})

import { createServer, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Connection, SocketEvents, SocketPlace } from '../../src/engine/connection.ts'
import { connectSocket } from '../../src/engine/socket.ts'
import { type AddressRequest, type SocketBindings, socketBindings } from '../../src/engine/socket-bindings.ts'
import { connectByName, type Resolver } from '../../src/engine/socket-names.ts'
import { lacks } from '../support/needs.ts'
import { scratch } from '../support/scratch.ts'
import { HOST_NEEDS, serverHost } from '../support/servers/host.ts'

/** How much is more than the kernel holds for a socket. */
const MUCH = 4 << 20

/** A server that hands each client over. */
async function serve(at: string | undefined, client: (socket: Socket) => void): Promise<SocketPlace> {
  const server: Server = createServer(client)
  await new Promise<void>((resolve) => {
    if (at === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(at, resolve)
  })
  onTestFinished(() => void server.close())
  if (at !== undefined) return { path: at }
  const { port } = server.address() as { port: number }
  return { host: '127.0.0.1', port, keepAlive: 10 }
}

/** What happens to a connection that sends texts, until it ends. */
function events(place: SocketPlace, bindings: SocketBindings | null, ...texts: readonly (string | Buffer)[]) {
  return happenings((handlers) => connectSocket(place, handlers, bindings), ...texts)
}

function happenings(connect: (handlers: SocketEvents) => Connection, ...texts: readonly (string | Buffer)[]) {
  const happened: string[] = []
  const received: Buffer[] = []
  const connection = connect({
    connected: () => happened.push('connected'),
    received: (bytes) => received.push(bytes),
    failed: (error) => happened.push(`${(error as NodeJS.ErrnoException).code}: ${error.message}`),
    closed: () => happened.push('closed'),
  })
  for (const text of texts) connection.write(text)
  return { connection, happened, text: () => Buffer.concat(received).toString() }
}

describe.each([
  ['by what node:net is made of', socketBindings() as SocketBindings],
  ['by node:net', null],
] as const)('%s', (_, bindings) => {
  describe.each(['Unix', 'TCP'])('a connection to a %s socket', (kind) => {
    const at = () => (kind === 'Unix' ? join(scratch(), 'socket') : undefined)

    test('sends what was given to it before it was made, and gives what it gets, until the other side ends it', async () => {
      const place = await serve(at(), (client) => {
        let seen = ''
        client.on('data', (bytes) => {
          seen += bytes
          if (seen.endsWith('ö\n')) client.end(`seen: ${seen}`)
        })
      })
      const it = events(place, bindings, 'one ', Buffer.from('two '), 'three ö\n')
      await expect.poll(() => it.happened, { timeout: 30_000 }).toEqual(['connected', 'closed'])
      expect(it.text()).toBe('seen: one two three ö\n')
    })

    test('sends and gets more than the kernel holds', async () => {
      const place = await serve(at(), (client) => client.pipe(client))
      const text = 'x'.repeat(MUCH)
      const it = events(place, bindings, text)
      await expect.poll(() => it.text().length, { timeout: 60_000 }).toBe(MUCH)
      it.connection.destroy()
      it.connection.destroy()
      it.connection.write('to nobody')
      await expect.poll(() => it.happened, { timeout: 30_000 }).toEqual(['connected', 'closed'])
    })

    test('that breaks fails, and ends', async () => {
      const place = await serve(at(), (client) => {
        client.once('data', () => (kind === 'Unix' ? client.destroy() : client.resetAndDestroy()))
      })
      const it = events(place, bindings, 'x'.repeat(MUCH))
      await expect.poll(() => it.happened.at(-1), { timeout: 30_000 }).toBe('closed')
      expect(it.happened).toEqual(['connected', expect.stringMatching(/^(EPIPE|ECONNRESET): /), 'closed'])
    })

    test('that nobody takes fails, and ends', async () => {
      const place = kind === 'Unix' ? { path: join(scratch(), 'nobody') } : { host: '127.0.0.1', port: 1 }
      const it = events(place, bindings, 'to nobody')
      await expect.poll(() => it.happened, { timeout: 30_000 }).toHaveLength(2)
      expect(it.happened).toEqual([
        kind === 'Unix'
          ? expect.stringMatching(/^ENOENT: connect ENOENT .*nobody$/)
          : 'ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1',
        'closed',
      ])
    })
  })

  test.each(['127.0.0.1', '::1'].filter((host) => host === '127.0.0.1' || hasVersion6()))(
    'a server at %s is found',
    async (address) => {
      const server = createServer((client) => client.end('hello'))
      await new Promise<void>((resolve) => server.listen(0, address, resolve))
      onTestFinished(() => void server.close())
      const { port } = server.address() as { port: number }
      for (const host of address === '::1' ? [address] : [address, 'localhost']) {
        const it = events({ host, port }, bindings)
        await expect.poll(() => it.happened, { timeout: 30_000 }).toEqual(['connected', 'closed'])
        expect(it.text()).toBe('hello')
      }
    },
  )

  test('a name that nobody has is an error', async () => {
    const it = events({ host: 'nobody.invalid', port: 1 }, bindings)
    await expect.poll(() => it.happened, { timeout: 60_000 }).toHaveLength(2)
    // What a machine without a resolver says is the other.
    expect(it.happened).toEqual([expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN): getaddrinfo .* nobody/), 'closed'])
  })

  test('a port that is taken is an error', async () => {
    const place = await serve(undefined, (client) => client.resume())
    const it = events({ ...place, localPort: (place as { port: number }).port } as SocketPlace, bindings)
    await expect.poll(() => it.happened.at(-1), { timeout: 30_000 }).toBe('closed')
    expect(it.happened).toEqual([expect.stringMatching(/^EADDRINUSE: /), 'closed'])
  })
})

describe('of the addresses of a name', () => {
  const REFUSING = '127.0.0.2'

  test('the next is taken where one refuses', async () => {
    const place = await serve(undefined, (client) => client.end('hello'))
    const it = happenings(named(place, REFUSING, '127.0.0.1'), 'to somebody')
    await expect.poll(() => it.happened, { timeout: 30_000 }).toEqual(['connected', 'closed'])
    expect(it.text()).toBe('hello')
  })

  test.skipIf(lacks(...HOST_NEEDS))('the next is taken where one is silent and one refuses', async () => {
    const host = await serverHost()
    onTestFinished(() => host.remove())
    host.disconnect()
    const place = await serve(undefined, (client) => client.pipe(client))
    const it = happenings(named(place, host.address, REFUSING, '127.0.0.1'), 'hello')
    await expect.poll(() => it.text(), { timeout: 30_000 }).toBe('hello')
    it.connection.destroy()
    await expect.poll(() => it.happened, { timeout: 30_000 }).toEqual(['connected', 'closed'])
  })

  test('all refuse: the last one is told of', async () => {
    const it = happenings(named({ host: 'any', port: 1 }, REFUSING, '127.0.0.1'))
    await expect.poll(() => it.happened, { timeout: 30_000 }).toHaveLength(2)
    expect(it.happened).toEqual(['ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1', 'closed'])
  })

  test('none is tried any more when nobody waits', async () => {
    const clients: Socket[] = []
    const place = await serve(undefined, (client) => void clients.push(client))
    const it = happenings(named(place, REFUSING, '127.0.0.1'))
    it.connection.destroy()
    await expect.poll(() => it.happened, { timeout: 30_000 }).toEqual(['closed'])
    expect(clients).toEqual([])
  })
})

/** Connects to a place by a name that has these addresses. */
function named(place: SocketPlace, ...addresses: readonly string[]): (handlers: SocketEvents) => Connection {
  const resolver: Resolver = {
    GetAddrInfoReqWrap: class {
      oncomplete: AddressRequest['oncomplete'] = () => {}
    },
    getaddrinfo(request) {
      setImmediate(() => request.oncomplete(0, addresses))
      return 0
    },
    DNS_ORDER_VERBATIM: 0,
  }
  const connect = (host: string, own: SocketEvents) => connectSocket({ ...place, host } as SocketPlace, own)
  return (handlers) => connectByName('a name', handlers, resolver, connect)
}

function hasVersion6(): boolean {
  return networkInterfaces().lo?.some(({ address }) => address === '::1') ?? false
}

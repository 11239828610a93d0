/**
 * Connections to Unix sockets and to servers, made by what node:net itself is made of: node:net takes five milliseconds to
 * load and to connect for the first time, ten where it has to find a name, a quarter of an activation, which is the downtime
 * of a migration. Where that is not to be used (see internals.ts), node:net does it.
 */
import { createConnection } from 'node:net'
import { getSystemErrorName } from 'node:util'
import type { Connection, SocketEvents, SocketPlace } from './connection.ts'
import { type Handle, type SocketBindings, socketBindings } from './socket-bindings.ts'
import { connectByName } from './socket-names.ts'

/** Begins to connect. */
export function connectSocket(
  place: SocketPlace,
  events: SocketEvents,
  bindings: SocketBindings | null = socketBindings() ?? null,
): Connection {
  if (bindings === null) return connectNet(place, events)
  if ('path' in place || isAddress(place.host)) return connectBare(place, events, bindings)
  const connect = (host: string, own: SocketEvents) => connectBare({ ...place, host }, own, bindings)
  return connectByName(place.host, events, bindings, connect)
}

function connectNet(place: SocketPlace, { connected, received, failed, closed }: SocketEvents): Connection {
  const socket = createConnection('path' in place ? place : { ...place, noDelay: true, keepAlive: false })
  if ('keepAlive' in place && place.keepAlive !== undefined) socket.setKeepAlive(true, 1_000 * place.keepAlive)
  socket.on('error', failed)
  if (connected !== undefined) socket.on('connect', connected)
  if (received !== undefined) socket.on('data', received)
  else socket.resume()
  if (closed !== undefined) socket.on('close', closed)
  return socket
}

function connectBare(place: SocketPlace, events: SocketEvents, bindings: SocketBindings): Connection {
  const { Pipe, PipeConnectWrap, TCP, TCPConnectWrap, WriteWrap, SOCKET, UV_EOF, outcomeOfRead } = bindings
  const isLocal = 'path' in place
  const handle = isLocal ? new Pipe(SOCKET) : new TCP(SOCKET)
  /** What has to wait for the connection; undefined from then on. */
  let waiting: (string | Buffer)[] | undefined = []
  let isOpen = true

  const destroy = (): void => {
    if (!isOpen) return
    isOpen = false
    handle.close(() => events.closed?.())
  }
  const fail = (call: string, status: number): void => {
    if (!isOpen) return
    events.failed(systemError(call, status, isLocal ? place.path : `${place.host}:${place.port}`))
    destroy()
  }
  const send = (data: string | Buffer): void => {
    if (!isOpen) return
    // Which keeps the data until they are sent.
    const request = Object.assign(new WriteWrap(), { data })
    request.oncomplete = (status) => {
      if (status !== 0) fail('write', status)
    }
    const status = typeof data === 'string' ? handle.writeUtf8String(request, data) : handle.writeBuffer(request, data)
    if (status !== 0) setImmediate(fail, 'write', status)
  }
  const request = isLocal ? new PipeConnectWrap() : new TCPConnectWrap()
  request.oncomplete = (status) => {
    if (!isOpen) return
    if (status !== 0) return fail('connect', status)
    events.connected?.()
    handle.readStart()
    const texts = waiting ?? []
    waiting = undefined
    for (const data of texts) send(data)
  }
  handle.onread = (bytes) => {
    const { count, offset } = outcomeOfRead()
    if (count > 0 && bytes !== undefined) events.received?.(Buffer.from(bytes, offset, count))
    else if (count === UV_EOF) destroy()
    else if (count < 0) fail('read', count)
  }
  const status = isLocal ? handle.connect(request, place.path) : connectTcp(handle, request, place)
  if (status !== 0) setImmediate(fail, 'connect', status)
  return {
    write(data) {
      if (waiting === undefined) send(data)
      else waiting.push(data)
    },
    destroy,
  }
}

type TcpPlace = Extract<SocketPlace, { readonly host: string }>

function connectTcp(handle: Handle, request: object, { host, port, localPort, keepAlive }: TcpPlace): number {
  const isV6 = host.includes(':')
  if (localPort !== undefined) {
    const status = isV6 ? handle.bind6('::', localPort, 0) : handle.bind('0.0.0.0', localPort)
    if (status !== 0) return status
  }
  handle.setNoDelay(true)
  if (keepAlive !== undefined) handle.setKeepAlive(true, keepAlive)
  return isV6 ? handle.connect6(request, host, port) : handle.connect(request, host, port)
}

/** An address of version 4 or 6 of the Internet Protocol, without a zone. */
function isAddress(host: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || /^[\da-f]*:[\da-f:.]*$/i.test(host)
}

function systemError(call: string, status: number, where: string): Error {
  const code = getSystemErrorName(status)
  return Object.assign(new Error(`${call} ${code} ${where}`), { code, errno: status, syscall: call })
}

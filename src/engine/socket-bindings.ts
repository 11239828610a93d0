/** What node:net is made of, as far as socket.ts uses it, see internals.ts. */
import { internals } from './internals.ts'

/** A socket. Each function that returns a number returns 0 or an error of libuv, which is negative. */
export interface Handle {
  /** To a path of a Unix socket, or an address of version 4 and a port. */
  connect(request: object, where: string, port?: number): number
  connect6(request: object, address: string, port: number): number
  bind(address: string, port: number): number
  bind6(address: string, port: number, flags: number): number
  setNoDelay(on: boolean): number
  setKeepAlive(on: boolean, seconds: number): number
  readStart(): number
  writeUtf8String(request: object, text: string): number
  writeBuffer(request: object, bytes: Uint8Array): number
  close(closed: () => void): void
  onread: (bytes: ArrayBuffer | undefined) => void
}

/** A question to the system's resolver; `oncomplete` is told the addresses where the status is 0. */
export interface AddressRequest {
  oncomplete: (status: number, addresses?: readonly string[]) => void
}

/** Something that is done when its `oncomplete` is called. */
export interface HandleRequest {
  oncomplete: (status: number) => void
}

type New<T, A extends unknown[] = []> = new (...args: A) => T

export interface SocketBindings {
  readonly Pipe: New<Handle, [type: number]>
  readonly PipeConnectWrap: New<HandleRequest>
  readonly TCP: New<Handle, [type: number]>
  readonly TCPConnectWrap: New<HandleRequest>
  readonly WriteWrap: New<HandleRequest>
  readonly GetAddrInfoReqWrap: New<AddressRequest>
  readonly getaddrinfo: (request: AddressRequest, name: string, family: number, hints: number, order: number) => number
  /** The order of addresses that the resolver gives. */
  readonly DNS_ORDER_VERBATIM: number
  /** The type of a socket that connects. */
  readonly SOCKET: number
  /** What is read where the other side has ended the connection. */
  readonly UV_EOF: number
  /** How many bytes there are in what `onread` was just called with, or an error, and where they begin. */
  readonly outcomeOfRead: () => { readonly count: number; readonly offset: number }
}

/** Undefined where they are not to be used, or Node.js does not give them out. */
export function socketBindings(): SocketBindings | undefined {
  known ??= { bindings: findBindings() }
  return known.bindings
}

let known: { readonly bindings: SocketBindings | undefined } | undefined

function findBindings(): SocketBindings | undefined {
  try {
    const bind = internals()
    if (bind === undefined) return undefined
    const { Pipe, PipeConnectWrap, constants } = bind('pipe_wrap')
    const { TCP, TCPConnectWrap } = bind('tcp_wrap')
    const { WriteWrap, streamBaseState, kReadBytesOrError, kArrayBufferOffset } = bind('stream_wrap')
    const { UV_EOF } = bind('uv')
    const { GetAddrInfoReqWrap, getaddrinfo, DNS_ORDER_VERBATIM } = bind('cares_wrap')
    const { SOCKET } = constants as { readonly SOCKET: unknown }
    const functions = { Pipe, PipeConnectWrap, TCP, TCPConnectWrap, WriteWrap, GetAddrInfoReqWrap, getaddrinfo }
    const numbers = { SOCKET, UV_EOF, DNS_ORDER_VERBATIM, kReadBytesOrError, kArrayBufferOffset }
    if (!Object.values(functions).every((value) => typeof value === 'function')) return undefined
    if (!Object.values(numbers).every((value) => typeof value === 'number')) return undefined
    if (!(streamBaseState instanceof Int32Array)) return undefined
    const [count, offset] = [Number(kReadBytesOrError), Number(kArrayBufferOffset)]
    const outcomeOfRead = () => ({ count: streamBaseState[count] ?? 0, offset: streamBaseState[offset] ?? 0 })
    return { ...functions, ...numbers, outcomeOfRead } as unknown as SocketBindings
  } catch {
    return undefined
  }
}

/** Connections to servers by their names, of which one can have several addresses. */
import { getSystemErrorName } from 'node:util'
import type { Connection, SocketEvents } from './connection.ts'
import type { SocketBindings } from './socket-bindings.ts'

/** Milliseconds that an address has before the next one is tried beside it (RFC 8305, section 5). */
const ATTEMPT_DELAY = 250

const ANY_FAMILY = 0

const NO_HINTS = 0

/** What asks the system's resolver. */
export type Resolver = Pick<SocketBindings, 'GetAddrInfoReqWrap' | 'getaddrinfo' | 'DNS_ORDER_VERBATIM'>

/**
 * Begins to connect to the first address of a name that takes the connection. The order is that of the system's resolver.
 * @param connect begins to connect to an address
 */
export function connectByName(
  name: string,
  events: SocketEvents,
  resolver: Resolver,
  connect: (address: string, events: SocketEvents) => Connection,
): Connection {
  const attempts = new Set<Connection>()
  /** The addresses that were not tried yet. */
  const left: string[] = []
  /** What has to wait for the connection. */
  const waiting: (string | Buffer)[] = []
  let connection: Connection | undefined
  let isOpen = true
  let delay: NodeJS.Timeout | undefined

  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    clearTimeout(delay)
    for (const attempt of attempts) attempt.destroy()
    setImmediate(() => events.closed?.())
  }
  const fail = (error: Error): void => {
    if (!isOpen) return
    events.failed(error)
    close()
  }
  const tryNext = (): void => {
    clearTimeout(delay)
    const address = left.shift()
    if (!isOpen || connection !== undefined || address === undefined) return
    const own: Connection = connect(address, {
      ...events,
      connected() {
        if (!isOpen || connection !== undefined) return own.destroy()
        connection = own
        attempts.delete(own)
        clearTimeout(delay)
        for (const other of attempts) other.destroy()
        events.connected?.()
        for (const data of waiting) own.write(data)
      },
      failed(error) {
        if (connection === own) return events.failed(error)
        attempts.delete(own)
        if (left.length > 0) tryNext()
        else if (attempts.size === 0 && connection === undefined) fail(error)
      },
      closed() {
        if (connection === own) events.closed?.()
      },
    })
    attempts.add(own)
    if (left.length > 0) delay = setTimeout(tryNext, ATTEMPT_DELAY)
  }
  findAddresses(name, resolver, (error, addresses) => {
    if (error !== undefined) return fail(error)
    left.push(...addresses)
    tryNext()
  })
  return {
    write(data) {
      if (connection === undefined) waiting.push(data)
      else connection.write(data)
    },
    destroy() {
      if (connection === undefined) close()
      else connection.destroy()
    },
  }
}

/** Asks the system's resolver, in a thread. */
function findAddresses(
  name: string,
  { GetAddrInfoReqWrap, getaddrinfo, DNS_ORDER_VERBATIM }: Resolver,
  found: (error: Error | undefined, addresses: readonly string[]) => void,
): void {
  const request = new GetAddrInfoReqWrap()
  const tell = (status: number, addresses: readonly string[] = []): void =>
    found(status === 0 ? undefined : resolverError(status, name), addresses)
  request.oncomplete = tell
  const status = getaddrinfo(request, name, ANY_FAMILY, NO_HINTS, DNS_ORDER_VERBATIM)
  if (status !== 0) setImmediate(tell, status)
}

function resolverError(status: number, name: string): Error {
  const known = getSystemErrorName(status)
  // As node:dns calls it.
  const code = known === 'EAI_NONAME' || known === 'EAI_NODATA' ? 'ENOTFOUND' : known
  return Object.assign(new Error(`getaddrinfo ${code} ${name}`), { code, errno: status, syscall: 'getaddrinfo' })
}

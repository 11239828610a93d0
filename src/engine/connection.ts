/** What a connection is to those who use it, whatever makes it. */

/** Where to connect to. */
export type SocketPlace =
  /** Of a Unix socket. */
  | { readonly path: string }
  | {
      readonly host: string
      readonly port: number
      /** Of this side; any unless given. */
      readonly localPort?: number
      /** Seconds of silence after which the other side is asked whether it is there; it is not asked unless given. */
      readonly keepAlive?: number
    }

/** What happens to a connection, in this order; an error is followed by its end. */
export interface SocketEvents {
  readonly connected?: () => unknown
  readonly received?: (bytes: Buffer) => unknown
  /** @param error with the `code` of the system */
  readonly failed: (error: Error) => unknown
  readonly closed?: () => unknown
}

export interface Connection {
  /** Sends bytes, when the connection has been made. */
  write(data: string | Buffer): void
  /** Ends the connection at once. */
  destroy(): void
}

/** Whether a server is there, asked with a bound before an engine is told to connect, which may wait for minutes. */
import { connect } from 'node:net'
import { onAbort } from './cancellation.ts'

/** Milliseconds. */
const PATIENCE = 5_000

/** A server of a network. */
export interface Server {
  readonly host: string
  readonly port: number
}

/** A server does not answer, or is not there. */
export class ServerUnreachableError extends Error {
  override readonly name = 'ServerUnreachableError'
}

/**
 * Connects to a server and goes.
 * @throws ServerUnreachableError within a few seconds
 */
export async function reachServer({ host, port }: Server): Promise<void> {
  const socket = connect({ host, port })
  let forget = () => {}
  try {
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(PATIENCE, () => reject(new Error(`it did not answer within ${PATIENCE / 1000} seconds`)))
      socket.once('connect', resolve)
      socket.once('error', reject)
      forget = onAbort(() => reject(new Error('nobody waits for its answer any more')))
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ServerUnreachableError(`the server ${host}, port ${port}, cannot be reached: ${reason}`)
  } finally {
    forget()
    socket.destroy()
  }
}

/** Whether a server is there, asked with a bound before an engine is told to connect, which may wait for minutes. */
import { onAbort } from './cancellation.ts'
import { connectSocket } from './socket.ts'

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
  let end = (): void => {}
  try {
    await new Promise<void>((resolve, reject) => {
      const socket = connectSocket({ host, port }, { connected: resolve, failed: reject })
      const silence = new Error(`it did not answer within ${PATIENCE / 1000} seconds`)
      const timer = setTimeout(() => reject(silence), PATIENCE)
      const forget = onAbort(() => reject(new Error('nobody waits for its answer any more')))
      end = () => {
        clearTimeout(timer)
        forget()
        socket.destroy()
      }
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ServerUnreachableError(`the server ${host}, port ${port}, cannot be reached: ${reason}`)
  } finally {
    end()
  }
}

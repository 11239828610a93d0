/** The server role: serves a queue of message-switch. */
import { checkName } from './names.ts'
import { ReconnectingServer } from './reconnecting-server.ts'
import type { QueueServer, ServeOptions } from './service.ts'

export type { QueueRequest, QueueServer, QueueState, ServeOptions } from './service.ts'

/**
 * Serves a queue until it is closed or removed: reconnects for ever.
 * @throws SwitchError where the name cannot name a queue
 */
export function serveQueue(options: ServeOptions): QueueServer {
  checkName(options.queue)
  checkName(options.token)
  return new ReconnectingServer(options)
}

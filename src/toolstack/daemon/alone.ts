/** One daemon at a time: two on the same state would serve every request twice. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { Smapiv3Error } from '../../contract/errors.ts'

/**
 * Claims a state directory for this process until it ends, however it ends: an abstract socket goes with its process.
 * @throws Smapiv3Error BAD_CONFIGURATION where another daemon has it
 */
export async function claimAlone(stateDirectory: string): Promise<void> {
  const digest = createHash('sha256').update(resolve(stateDirectory)).digest('hex')
  const server = createServer((socket) => socket.destroy())
  server.unref()
  try {
    server.listen(`\0smapiv3-daemon-${digest}`)
    await once(server, 'listening')
  } catch (cause) {
    const isTaken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
    const why = isTaken ? 'another daemon uses it' : (cause as Error).message
    throw new Smapiv3Error('BAD_CONFIGURATION', `the state directory ${stateDirectory} cannot be used: ${why}`, {
      cause,
      recovery: 'End the other daemon, or name another directory with --state-dir.',
    })
  }
}

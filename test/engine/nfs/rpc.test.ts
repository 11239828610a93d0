import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { RpcClient } from '../../../src/engine/nfs/rpc.ts'
import { ServerUnreachableError } from '../../../src/engine/server.ts'

const PROGRAM = { name: 'a service', number: 1, version: 1 }

/** Accepted, with nothing to prove who answers: reply, message accepted, AUTH_NONE, success. */
const ACCEPTED = [1, 0, 0, 0, 0]

test('a connection on which no answer came in time is not used for the next request', async () => {
  const clients: Socket[] = []
  const server = createServer((client) => {
    clients.push(client)
    client.on('error', () => {})
    const isFirst = clients.length === 1
    let requests = 0
    // The first one soon is as if its server were away: it takes requests, and nothing comes back.
    client.on('data', (request) => {
      if (++requests === 1 || !isFirst) client.write(answerTo(request))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const client of clients) client.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const rpc = new RpcClient({ host: '127.0.0.1', port }, PROGRAM, { uid: 0, gid: 0 }, 6_000)
  onTestFinished(() => rpc.close())
  await rpc.call(0)
  await expect(rpc.call(0)).rejects.toThrow(ServerUnreachableError)
  await rpc.call(0)
  expect(clients).toHaveLength(2)
})

/** The reply to a request, which has its number behind the length. */
function answerTo(request: Buffer): Buffer {
  const words = [(0x8000_0000 | (4 + 4 * ACCEPTED.length)) >>> 0, request.readUInt32BE(4), ...ACCEPTED]
  const reply = Buffer.alloc(4 * words.length)
  for (const [index, word] of words.entries()) reply.writeUInt32BE(word, 4 * index)
  return reply
}

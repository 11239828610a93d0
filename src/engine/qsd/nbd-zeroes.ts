/** Writes zeroes to an NBD export (NBD protocol: NBD_OPT_EXPORT_NAME, NBD_CMD_WRITE_ZEROES), one request at a time. */
import { createConnection, type Socket } from 'node:net'

const OPTION_MAGIC = 0x49484156454f5054n // "IHAVEOPT"
const REQUEST_MAGIC = 0x25609513
const FIXED_NEWSTYLE_NO_ZEROES = 0x3
const OPT_EXPORT_NAME = 1
const CMD_WRITE_ZEROES = 6
const CMD_DISC = 2

const GREETING = 18
const EXPORT_INFO = 10
const REPLY = 16
const PATIENCE = 30_000

/** Bytes of a request at most; its length has 32 bits. */
const LONGEST = 1n << 30n

/**
 * Writes zeroes to extents of an export of the server on a Unix socket.
 * @param extents start and length in bytes
 * @throws Error where the server has no such export, refuses, or does not answer
 */
export async function writeZeroes(
  socketPath: string,
  name: string,
  extents: readonly (readonly [start: bigint, length: bigint])[],
): Promise<void> {
  const socket = createConnection(socketPath)
  socket.setTimeout(PATIENCE, () => socket.destroy(new Error(`the NBD server on ${socketPath} does not answer`)))
  try {
    const read = reader(socket)
    await read(GREETING)
    socket.write(choose(name))
    await read(EXPORT_INFO)
    for (const [start, length] of extents) {
      for (let done = 0n; done < length; done += LONGEST) {
        const left = length - done
        socket.write(request(CMD_WRITE_ZEROES, start + done, left < LONGEST ? left : LONGEST))
        const error = (await read(REPLY)).readUInt32BE(4)
        if (error !== 0) throw new Error(`the NBD server on ${socketPath} cannot write ${name}: error ${error}`)
      }
    }
    socket.end(request(CMD_DISC, 0n, 0n))
  } finally {
    socket.destroy()
  }
}

/** Reads so many bytes of what a socket receives. */
function reader(socket: Socket): (length: number) => Promise<Buffer> {
  const chunks = socket[Symbol.asyncIterator]()
  let received = Buffer.alloc(0)
  return async (length) => {
    while (received.length < length) {
      const { value, done } = await chunks.next()
      if (done) throw new Error('the NBD server ended the connection')
      received = Buffer.concat([received, value])
    }
    const taken = received.subarray(0, length)
    received = received.subarray(length)
    return taken
  }
}

/** The client's flags and NBD_OPT_EXPORT_NAME. */
function choose(name: string): Buffer {
  const text = Buffer.from(name)
  const message = Buffer.alloc(4 + 16 + text.length)
  message.writeUInt32BE(FIXED_NEWSTYLE_NO_ZEROES, 0)
  message.writeBigUInt64BE(OPTION_MAGIC, 4)
  message.writeUInt32BE(OPT_EXPORT_NAME, 12)
  message.writeUInt32BE(text.length, 16)
  text.copy(message, 20)
  return message
}

function request(command: number, start: bigint, length: bigint): Buffer {
  const message = Buffer.alloc(28)
  message.writeUInt32BE(REQUEST_MAGIC, 0)
  message.writeUInt16BE(command, 6)
  message.writeBigUInt64BE(start, 16)
  message.writeUInt32BE(Number(length), 24)
  return message
}

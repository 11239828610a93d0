/** The size of an NBD export, asked from its server by NBD_OPT_INFO (NBD protocol, "fixed newstyle negotiation"). */
import { type Int64, int64 } from '../../contract/json.ts'
import { connectSocket } from '../socket.ts'

const OPTION_MAGIC = 0x49484156454f5054n // "IHAVEOPT"
const NO_ZEROES = 0x3
const OPT_INFO = 6
const REP_ACK = 1
const REP_INFO = 3
const INFO_EXPORT = 0

const GREETING = 18
const REPLY_HEADER = 20

/** Milliseconds for the server to answer. */
const PATIENCE = 10_000

/**
 * Bytes of an export of the server on a Unix socket.
 * @param exported fulfilled when the server has the export; the connection is made meanwhile
 * @throws Error where the server has no such export or does not answer, and what `exported` is rejected with
 */
export async function nbdExportSize(socketPath: string, name: string, exported: Promise<unknown>): Promise<Int64> {
  let received = Buffer.alloc(0)
  let end = (): void => {}
  try {
    return await new Promise<Int64>((resolve, reject) => {
      const socket = connectSocket(
        { path: socketPath },
        {
          received(bytes) {
            received = Buffer.concat([received, bytes])
            try {
              const size = sizeIn(received, name)
              if (size !== undefined) resolve(int64(size))
            } catch (error) {
              reject(error)
            }
          },
          failed: reject,
          closed: () => reject(new Error(`the NBD server on ${socketPath} did not tell the size of ${name}`)),
        },
      )
      let timer: NodeJS.Timeout | undefined
      let isOver = false
      const silence = new Error(`the NBD server on ${socketPath} does not answer`)
      const ask = (): void => {
        if (isOver) return
        socket.write(request(name))
        timer = setTimeout(() => reject(silence), PATIENCE)
      }
      end = () => {
        isOver = true
        clearTimeout(timer)
        socket.destroy()
      }
      exported.then(ask, reject)
    })
  } finally {
    end()
  }
}

/** The client's flags and NBD_OPT_INFO: export name, and no list of wishes, since NBD_INFO_EXPORT always comes. */
function request(name: string): Buffer {
  const text = Buffer.from(name)
  const message = Buffer.alloc(4 + 16 + 4 + text.length + 2)
  message.writeUInt32BE(NO_ZEROES, 0)
  message.writeBigUInt64BE(OPTION_MAGIC, 4)
  message.writeUInt32BE(OPT_INFO, 12)
  message.writeUInt32BE(4 + text.length + 2, 16)
  message.writeUInt32BE(text.length, 20)
  text.copy(message, 24)
  return message
}

/** The size in what the server has sent so far; undefined where more is to come. */
function sizeIn(received: Buffer, name: string): bigint | undefined {
  let at = GREETING
  while (received.length >= at + REPLY_HEADER) {
    const type = received.readUInt32BE(at + 12)
    const length = received.readUInt32BE(at + 16)
    const payload = at + REPLY_HEADER
    if (received.length < payload + length) return undefined
    if (type === REP_INFO && received.readUInt16BE(payload) === INFO_EXPORT)
      return received.readBigUInt64BE(payload + 2)
    if (type !== REP_INFO && type !== REP_ACK) throw new Error(`the NBD server has no export ${name}`)
    at = payload + length
  }
  return undefined
}

/**
 * A mount that this process serves: it speaks with the kernel through /dev/fuse. Needs root, who may mount without a
 * helper.
 */
import { closeSync, openSync, read, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { errnoOf } from '../storage-error.ts'
import { runTool } from '../tool.ts'
import type { FuseFileSystem } from './file-system.ts'
import { type Answer, answer, type FuseRequest, parseRequest } from './requests.ts'
import { FuseWriter, IN_HEADER_SIZE, isSupported } from './wire.ts'

const DEVICE = '/dev/fuse'

/** What a read of the device may fail with, to be repeated: a request that was taken back, and signals. */
const PASSING = ['EINTR', 'EAGAIN', 'ENOENT']

/** Beside the data of a write request. */
const REQUEST_OVERHEAD = 4096

const { errno } = constants

/** This machine cannot have such a mount. */
export class FuseUnavailableError extends Error {
  override readonly name = 'FuseUnavailableError'
}

/**
 * Mounts a file system and serves it until it is unmounted.
 * @param source what `mount` and `df` show
 * @throws FuseUnavailableError, ToolError
 */
export async function serveMount(fs: FuseFileSystem, source: string, mountpoint: string): Promise<void> {
  if (!isSupported()) throw new FuseUnavailableError('FUSE is not supported on this kind of processor')
  const device = openDevice()
  try {
    // The kernel's option fd= is the descriptor that mount(8) inherits.
    const options = 'fd=3,rootmode=40000,user_id=0,group_id=0,nosuid,nodev,noexec'
    runTool('mount', ['-i', '-n', '-t', 'fuse.smapiv3', '-o', options, source, mountpoint], device)
    await serve(fs, device)
  } finally {
    closeSync(device)
  }
}

function openDevice(): number {
  try {
    return openSync(DEVICE, 'r+')
  } catch (error) {
    throw new FuseUnavailableError(`${DEVICE} cannot be used: ${error instanceof Error ? error.message : error}`)
  }
}

/**
 * Requests are answered in any order; the next one is read while others wait for the server. All are read into one buffer: one for
 * each, of the size of the largest, would keep the garbage collector busier than anything else.
 */
function serve(fs: FuseFileSystem, device: number): Promise<void> {
  const buffer = Buffer.allocUnsafe(fs.transferSize + REQUEST_OVERHEAD)
  return new Promise((resolve, reject) => {
    const next = (): void =>
      read(device, buffer, 0, buffer.length, null, (error, length) => {
        if (error?.code === 'ENODEV') return resolve()
        if (error !== null && !PASSING.includes(error.code ?? '')) return reject(error)
        if (error === null && length >= IN_HEADER_SIZE) {
          void handle(fs, device, parseRequest(Buffer.from(buffer.subarray(0, length)))).catch(reject)
        }
        next()
      })
    next()
  })
}

async function handle(fs: FuseFileSystem, device: number, request: FuseRequest): Promise<void> {
  let reply: Answer
  let failure = 0
  try {
    reply = await answer(fs, request)
  } catch (error) {
    reply = new FuseWriter()
    failure = numberOf(error)
  }
  if (reply === 'nothing') return
  try {
    writeSync(device, reply.done(request.unique, failure))
  } catch (error) {
    // Nobody waits for the answer any more, or the file system was unmounted.
    if (!['ENOENT', 'ENODEV'].includes(errnoOf(error) ?? '')) throw error
  }
}

/** What has no number is told on stderr. */
function numberOf(error: unknown): number {
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') return Math.abs(error.errno)
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  return errno.EIO
}

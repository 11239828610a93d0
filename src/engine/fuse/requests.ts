/** What the kernel asks, in terms of the file system, and its answers. */
import { constants } from 'node:os'
import type { FuseAttributes, FuseChange, FuseEntry, FuseFileSystem, FuseTime } from './file-system.ts'
import {
  BIG_WRITES,
  CHANGES,
  DIRECT_IO,
  FuseReader,
  FuseWriter,
  IN_HEADER_SIZE,
  MAJOR,
  MAX_PAGES,
  MINOR,
  NO_FLUSH,
  OPCODES,
} from './wire.ts'

/** A request without its header. */
export interface FuseRequest {
  readonly opcode: number
  readonly unique: bigint
  readonly node: bigint
  readonly body: FuseReader
}

/** An answer; `nothing` where the kernel does not wait for one. */
export type Answer = FuseWriter | 'nothing'

type Handler = (fs: FuseFileSystem, node: bigint, body: FuseReader) => Answer | Promise<Answer>

const { errno } = constants

/** Open flags of Linux (fcntl.h). */
const O_ACCMODE = 0o3
const O_RDONLY = 0
const O_EXCL = 0o200

const PAGE = 4096
const BLOCK_SIZE = 4096
const LONGEST_NAME = 255

/** A request that the file system does not know; the kernel then does without. */
export class UnknownRequestError extends Error {
  readonly errno: number = errno.ENOSYS
}

/** Takes the header of a request apart. */
export function parseRequest(buffer: Buffer): FuseRequest {
  const header = new FuseReader(buffer).skip(4)
  const opcode = header.uint32()
  const unique = header.uint64()
  return { opcode, unique, node: header.uint64(), body: new FuseReader(buffer, IN_HEADER_SIZE) }
}

/** @throws FuseFailure */
export async function answer(fs: FuseFileSystem, { opcode, node, body }: FuseRequest): Promise<Answer> {
  const handler = HANDLERS.get(opcode)
  if (handler === undefined) throw new UnknownRequestError(`unknown request ${opcode}`)
  return await handler(fs, node, body)
}

const done = (): Answer => new FuseWriter()

/** An opened file. What was only read has nothing to be flushed; kernels before 5.16 ask all the same. */
const opened = (flags: number): Answer =>
  new FuseWriter()
    .uint64(0n)
    .uint32((flags & O_ACCMODE) === O_RDONLY ? DIRECT_IO | NO_FLUSH : DIRECT_IO)
    .uint32(0)

const BY_NAME: Readonly<Record<keyof typeof OPCODES, Handler>> = {
  init(fs, _node, body) {
    body.skip(8)
    const readAhead = body.uint32()
    return new FuseWriter()
      .uint32(MAJOR)
      .uint32(MINOR)
      .uint32(readAhead)
      .uint32(BIG_WRITES | MAX_PAGES)
      .uint16(16)
      .uint16(12)
      .uint32(fs.transferSize)
      .uint32(1)
      .uint16(Math.ceil(fs.transferSize / PAGE))
      .zeros(34)
  },
  lookup: async (fs, node, body) => entry(await fs.lookup(node, body.name())),
  forget(fs, node, body) {
    fs.forget(node, body.uint64())
    return 'nothing'
  },
  batchForget(fs, _node, body) {
    const count = body.uint32()
    body.skip(4)
    for (let index = 0; index < count; index++) fs.forget(body.uint64(), body.uint64())
    return 'nothing'
  },
  getattr: async (fs, node) => attributeReply(await fs.getAttributes(node)),
  setattr: async (fs, node, body) => attributeReply(await fs.setAttributes(node, readChange(body))),
  async mkdir(fs, node, body) {
    const mode = body.uint32() & ~body.uint32()
    return entry(await fs.makeDirectory(node, body.name(), mode))
  },
  async create(fs, node, body) {
    const flags = body.uint32()
    const mode = body.uint32() & ~body.uint32()
    body.skip(4)
    const made = await fs.create(node, body.name(), mode, (flags & O_EXCL) !== 0)
    return entry(made).uint64(0n).uint32(DIRECT_IO).uint32(0)
  },
  async unlink(fs, node, body) {
    await fs.unlink(node, body.name())
    return done()
  },
  async rmdir(fs, node, body) {
    await fs.removeDirectory(node, body.name())
    return done()
  },
  async rename(fs, node, body) {
    const directory = body.uint64()
    await fs.rename(node, body.name(), directory, body.name())
    return done()
  },
  async rename2(fs, node, body) {
    const directory = body.uint64()
    // To exchange two files, or not to replace one, is more than the server can do.
    if (body.uint32() !== 0) throw Object.assign(new Error('flags of rename'), { errno: errno.EINVAL })
    body.skip(4)
    await fs.rename(node, body.name(), directory, body.name())
    return done()
  },
  link: async (fs, node, body) => entry(await fs.link(body.uint64(), node, body.name())),
  open: (_fs, _node, body) => opened(body.uint32()),
  opendir: () => new FuseWriter().zeros(16),
  async read(fs, node, body) {
    body.skip(8)
    const offset = body.uint64()
    return new FuseWriter().bytes(await fs.read(node, offset, body.uint32()))
  },
  async write(fs, node, body) {
    body.skip(8)
    const offset = body.uint64()
    const size = body.uint32()
    const data = body.skip(20).rest().subarray(0, size)
    return new FuseWriter().uint32(await fs.write(node, offset, data)).uint32(0)
  },
  async readdir(fs, node, body) {
    body.skip(8)
    const position = body.uint64()
    return listing(fs, node, position, body.uint32())
  },
  async flush(fs, node) {
    await fs.sync(node)
    return done()
  },
  async fsync(fs, node) {
    await fs.sync(node)
    return done()
  },
  // The server makes changes of directories durable before it answers.
  fsyncdir: done,
  release: done,
  releasedir: done,
  destroy: done,
  interrupt: () => 'nothing',
  async statfs(fs) {
    const { total, free, available, files, freeFiles } = await fs.space()
    const size = BigInt(BLOCK_SIZE)
    return new FuseWriter()
      .uint64(total / size)
      .uint64(free / size)
      .uint64(available / size)
      .uint64(files)
      .uint64(freeFiles)
      .uint32(BLOCK_SIZE)
      .uint32(LONGEST_NAME)
      .uint32(BLOCK_SIZE)
      .zeros(28)
  },
}

const HANDLERS: ReadonlyMap<number, Handler> = new Map(
  Object.entries(BY_NAME).map(([name, handler]) => [OPCODES[name as keyof typeof OPCODES], handler]),
)

/** The directory as the kernel wants it, as much as fits. */
async function listing(fs: FuseFileSystem, node: bigint, position: bigint, size: number): Promise<FuseWriter> {
  const reply = new FuseWriter()
  for (const { name, inode, type, next } of await fs.list(node, position)) {
    const bytes = Buffer.from(name)
    const padding = (8 - (bytes.length % 8)) % 8
    if (reply.length + 24 + bytes.length + padding > size) break
    reply
      .uint64(inode)
      .uint64(next)
      .uint32(bytes.length)
      .uint32(type >> 12)
      .bytes(bytes)
      .zeros(padding)
  }
  return reply
}

/** Attributes are good for no time, and hardly a name: other hosts change them. */
function entry({ node, attributes, seconds = 0 }: FuseEntry): FuseWriter {
  return writeAttributes(new FuseWriter().uint64(node).uint64(0n).uint64(BigInt(seconds)).zeros(16), attributes)
}

function attributeReply(attributes: FuseAttributes): FuseWriter {
  return writeAttributes(new FuseWriter().zeros(16), attributes)
}

function writeAttributes(writer: FuseWriter, attributes: FuseAttributes): FuseWriter {
  const { inode, size, used, mode, links, uid, gid } = attributes
  const times = [attributes.accessed, attributes.modified, attributes.changed]
  writer
    .uint64(inode)
    .uint64(size)
    .uint64((used + 511n) / 512n)
  for (const { seconds } of times) writer.uint64(BigInt(seconds))
  for (const { nanoseconds } of times) writer.uint32(nanoseconds)
  return writer.uint32(mode).uint32(links).uint32(uid).uint32(gid).uint32(0).uint32(BLOCK_SIZE).uint32(0)
}

function readChange(body: FuseReader): FuseChange {
  const valid = body.uint32()
  body.skip(12)
  const size = body.uint64()
  body.skip(8)
  const seconds = [Number(body.uint64()), Number(body.uint64())]
  body.skip(8)
  const nanoseconds = [body.uint32(), body.uint32()]
  body.skip(4)
  const mode = body.uint32()
  body.skip(4)
  const [uid, gid] = [body.uint32(), body.uint32()]
  const has = (bit: keyof typeof CHANGES): boolean => (valid & CHANGES[bit]) !== 0
  const time = (index: 0 | 1): FuseTime => ({ seconds: seconds[index] ?? 0, nanoseconds: nanoseconds[index] ?? 0 })
  return {
    ...(has('mode') ? { mode: mode & 0o7777 } : {}),
    ...(has('uid') ? { uid } : {}),
    ...(has('gid') ? { gid } : {}),
    ...(has('size') ? { size } : {}),
    ...(has('atime') ? { accessed: has('atimeNow') ? 'now' : time(0) } : {}),
    ...(has('mtime') ? { modified: has('mtimeNow') ? 'now' : time(1) } : {}),
  }
}

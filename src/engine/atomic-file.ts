/**
 * Files that are replaced as a whole: after a crash or a power failure at any instant a reader finds the old content
 * or the new one, never a mixture and never an empty file.
 *
 * The temporary file has a fixed name, so that what a killed writer left is overwritten by the next one: writers of one
 * file must hold a lock on it; those of {@link replaceRunFile} need none.
 *
 * smbnetfs cannot rename over a file: it would be gone for a moment, and for good should the connection end then. There
 * the file is overwritten in place, by a single write, while the temporary one holds the new content: a reader that
 * finds a mixture takes that, see {@link readFilesOf}.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { beginStep } from './busy.ts'
import { errnoOf, storageError } from './storage-error.ts'

/** What is appended to a file's name while it is being written. */
export const TEMPORARY_SUFFIX = '.tmp'

/**
 * Replaces or creates a file; durable when it returns.
 * @param mode permission bits, independent of the umask only where it removes none of them
 * @throws PluginError SR_BACKEND_FAILURE_44 where there is no space; the old file is untouched, and nothing is left
 */
export function writeFileAtomic(path: string, content: string, mode = 0o600): void {
  beginStep()
  const temporary = path + TEMPORARY_SUFFIX
  try {
    const descriptor = openSync(temporary, 'w', mode)
    try {
      writeFileSync(descriptor, content)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    if (!isSmbnetfs(dirname(path)) || !existsSync(path)) renameFile(temporary, path)
    else overwrite(path, content, temporary)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw storageError(error)
  }
  syncPath(dirname(path))
}

/**
 * Replaces or creates a file below the run directory: readers find the old content or the new one, but a power failure may
 * leave neither, which a host that starts anew does not need.
 */
export function writeRunFile(path: string, content: string): void {
  const temporary = path + TEMPORARY_SUFFIX
  try {
    writeFileSync(temporary, content, { mode: 0o600 })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw storageError(error)
  }
}

/**
 * Replaces or creates a file or link below the run directory that several processes may write at once, without a lock: each
 * makes one of its own, and what the last one made stays.
 * @param make makes it where it is told to
 */
export function replaceRunFile(path: string, make: (temporary: string) => void): void {
  const temporary = `${path}.${process.pid}${TEMPORARY_SUFFIX}`
  try {
    // That of a killed process of the same number.
    rmSync(temporary, { force: true })
    make(temporary)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw storageError(error)
  }
}

/** Removes a file of {@link replaceRunFile}, if it is there, and what writers of it that were killed have left. */
export function removeRunFile(path: string): void {
  rmSync(path, { force: true })
  const directory = dirname(path)
  const begin = `${basename(path)}.`
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(begin) || !name.endsWith(TEMPORARY_SUFFIX)) continue
    const pid = name.slice(begin.length, -TEMPORARY_SUFFIX.length)
    // One that still runs renames it.
    if (/^\d+$/.test(pid) && !existsSync(`/proc/${pid}`)) rmSync(join(directory, name), { force: true })
  }
}

/**
 * Renames a file that nobody else renames. Where smbnetfs gets no answer in time, it sends the request again, which fails
 * since the server has done it, or gives up (ENOENT, EIO): the names tell.
 */
export function renameFile(from: string, to: string): void {
  beginStep()
  try {
    renameSync(from, to)
  } catch (error) {
    if (existsSync(from) || !existsSync(to) || !isSmbnetfs(dirname(to))) throw error
  }
}

/**
 * Makes an empty file, if it is not there. A client outside the kernel does not make it anew where somebody removes it while it is
 * opened: it says that there is none (ENOENT).
 */
export function makeFile(path: string): void {
  afresh(() => writeFileSync(path, ''), 'ENOENT')
}

/** Removes a file, if it is there. An SMB server refuses that for the instant in which somebody else reads it (EBUSY). */
export function removeFile(path: string): void {
  beginStep()
  rmSync(path, { force: true, recursive: true, maxRetries: 10, retryDelay: 20 })
}

/**
 * The contents that a file may have, each good where those before make no sense: it, the temporary one beside it, and both
 * again as long as one has become another, since a writer may finish between the two.
 * @throws the system's error where the file cannot be read
 */
export function* readFilesOf(path: string): Iterable<string> {
  beginStep()
  let before: { readonly text: string; readonly beside: string | undefined } | undefined
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const text = afresh(() => readFileSync(path, TEXT))
    yield text
    const beside = readBeside(path + TEMPORARY_SUFFIX)
    if (beside !== undefined) yield beside
    if (before?.text === text && before.beside === beside) return
    before = { text, beside }
  }
}

/** An object, which Node.js takes as it is, instead of the name of the encoding, of which it makes one each time. */
const TEXT = { encoding: 'utf8', flag: 'r' } as const

/** Undefined where there is none, or it is being removed. */
function readBeside(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return undefined
  }
}

/** Attempts to open a file that others replace or remove. */
const ATTEMPTS = 10

/**
 * Opens a file, once more where its name means another one since.
 * @param sign what the system says then
 */
export function afresh<T>(open: () => T, sign = 'ESTALE'): T {
  for (let attempt = 1; ; attempt++) {
    try {
      return open()
    } catch (error) {
      if (errnoOf(error) !== sign || attempt === ATTEMPTS) throw error
    }
  }
}

/** What statfs(2) says of file systems outside the kernel. */
const FUSE_TYPE = 0x65735546

/**
 * Whether a directory is on smbnetfs: of the file systems outside the kernel it is the one that does not know its size.
 * What is done for it is good for any other that does not.
 */
export function isSmbnetfs(directory: string): boolean {
  const { type, blocks } = statfsSync(directory)
  return type === FUSE_TYPE && blocks === 0
}

/** Line breaks replace what the old content had more. */
function overwrite(path: string, content: string, temporary: string): void {
  const descriptor = openSync(path, 'r+')
  try {
    const padded = Buffer.alloc(Math.max(Buffer.byteLength(content), fstatSync(descriptor).size), '\n')
    padded.write(content)
    writeSync(descriptor, padded, 0, padded.length, 0)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  removeFile(temporary)
}

/** Makes a file's content, or the names in a directory, survive a power failure. */
export function syncPath(path: string): void {
  beginStep()
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

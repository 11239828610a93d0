/** Writing what others may be running. */
import { lstat, readFile } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'

/**
 * Replaces a file at once, where what is there will not do: whoever runs it meanwhile has the old one or the new one, and who
 * copies its directory finds it quiet.
 * @param mode whatever the umask is: a host refuses to run what others may write to
 * @param willDo by default only the same content does
 */
export async function put(
  path: string,
  content: string | Uint8Array,
  mode: number,
  willDo: (old: Buffer) => boolean = (old) => old.equals(Buffer.from(content)),
): Promise<void> {
  const old = await readFile(path).catch(() => undefined)
  if (old !== undefined && willDo(old) && ((await lstat(path)).mode & 0o777) === mode) return
  await writeFileAtomic(path, Buffer.from(content), { mode, fsync: false })
}

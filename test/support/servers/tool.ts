/** Runs a tool of the system to its end without blocking the test, and gives what it printed on stdout. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export async function tool(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...env },
  })
  return stdout
}

/** Whether a tool succeeds. */
export async function succeeds(...call: Parameters<typeof tool>): Promise<boolean> {
  try {
    await tool(...call)
    return true
  } catch {
    return false
  }
}

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Call, type Invocation, invoke } from '../../src/invoke/invoke.ts'

const PLUGINS = join(dirname(fileURLToPath(import.meta.url)), '..', 'plugins')

/** Path of a scripted double. */
export function double(name: string): string {
  return join(PLUGINS, name)
}

export type Diagnostics = Invocation<'Plugin.diagnostics'>

/** Has a double do what `wish` says. */
export function ask(wish: string, more: Partial<Call<'Plugin.diagnostics'>> = {}): Promise<Diagnostics> {
  const script = double('double.sh')
  return invoke({ method: 'Plugin.diagnostics', script, shape: 'directory', params: { dbg: wish }, ...more })
}

/** The error of a call that is meant to have one. */
export function errorOf({ outcome }: Pick<Invocation<'Plugin.diagnostics'>, 'outcome'>) {
  if (outcome.ok) throw new Error(`no error, but ${outcome.text}`)
  return outcome.error
}

export function compile(source: string, output: string): void {
  execFileSync('cc', ['-O2', '-o', output, double(source)])
}

export function isAlive(pid: number): boolean {
  try {
    // A zombie whose parent has not looked yet is dead.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Waits until a condition holds, a minute at most. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 60_000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`did not become true: ${condition}`)
    await delay(10)
  }
}

/** The pid that a double has written to a file, once it is there. */
export async function pidIn(file: string): Promise<number> {
  const read = () => {
    try {
      return Number.parseInt(readFileSync(file, 'utf8'), 10)
    } catch {
      return Number.NaN
    }
  }
  await until(() => read() > 0)
  return read()
}

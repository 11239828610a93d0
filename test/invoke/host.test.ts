/** What depends on how the host itself was started. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withDir } from 'tmp-promise'
import { expect, test } from 'vitest'
import { lacks } from '../support/needs.ts'
import { isAlive, pidIn, until } from './support.ts'

const HOST = fileURLToPath(new URL('other-host.ts', import.meta.url))

/** Runs a host of its own, started by a line of shell that ends in `"$@"`. */
async function run(start: string, ...args: string[]): Promise<string> {
  const node = [process.execPath, '--import', 'tsx', HOST, ...args]
  const shell = spawn('/bin/bash', ['-c', start, 'bash', ...node], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  shell.stdout.on('data', (chunk) => {
    output += chunk
  })
  const [status] = await once(shell, 'close')
  expect(status).toBe(0)
  return output
}

test.skipIf(lacks('python3', 'bash'))(
  'descriptors left open by who started the host do not reach a plugin',
  async () => {
    const { descriptors } = JSON.parse(
      await run('exec 9</etc/passwd 33</etc/passwd 40>/dev/full; "$@"', 'describePlugin'),
    )
    expect(Object.values(descriptors)).not.toContain('/etc/passwd')
    expect(Object.values(descriptors)).not.toContain('/dev/full')
    expect(descriptors).toMatchObject({ 0: 'pipe', 1: 'pipe', 2: 'pipe' })
  },
)

test.skipIf(lacks('bash'))('out of descriptors, calls fail as the host’s fault, and the next one succeeds', () =>
  withDir(
    async ({ path }) => {
      const answer = JSON.parse(await run('ulimit -n 80; "$@"', 'exhaust', join(path, 'one has failed')))
      expect(answer).toEqual({ kinds: ['INTERNAL', 'ok'], next: true, leaked: 0 })
    },
    { unsafeCleanup: true },
  ),
)

test.skipIf(lacks('bash'))('a host that exits takes the running plugins with it', async () => {
  await withDir(
    async ({ path }) => {
      const file = join(path, 'pid')
      await run('"$@"', 'exitEarly', file)
      const pid = await pidIn(file)
      await until(() => !isAlive(pid))
    },
    { unsafeCleanup: true },
  )
})

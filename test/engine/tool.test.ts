import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { findProcess } from '../../src/engine/qsd/daemon-process.ts'
import { runToolWithin, ToolError, ToolTimeoutError } from '../../src/engine/tool.ts'
import { scratch } from '../support/scratch.ts'

test.each(['pipes', 'a file'])('a tool that prints to %s says why it fails', async (where) => {
  const more = where === 'a file' ? { log: join(scratch(), 'log') } : {}
  const failure = runToolWithin('perl', ['-e', 'print STDERR "no\\n"; exit 3'], 60_000, more)
  await expect(failure).rejects.toThrow(ToolError)
  await expect(failure).rejects.toMatchObject({ status: 3, stderr: 'no\n' })
})

test.each(['pipes', 'a file'])('a tool that prints to %s and is left behind ends without a word', async (where) => {
  const log = join(scratch(), 'directory', 'log')
  mkdirSync(dirname(log))
  const script = `sleep 600; # ${log}`
  const failure = runToolWithin('perl', ['-e', script], 50, where === 'a file' ? { log } : {})
  await expect(failure).rejects.toThrow(ToolTimeoutError)
  rmSync(dirname(log), { recursive: true })
  // Its end is told to who has left it; an error there would fail this file.
  await expect.poll(() => findProcess(script), { timeout: 60_000 }).toBeUndefined()
  for (let count = 0; count < 10; count++) await turn()
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tryLock } from '../../../src/engine/lock.ts'
import { lettingGo } from '../../../src/engine/qsd/daemon-process.ts'
import { lacks } from '../../support/needs.ts'
import { scratch } from '../../support/scratch.ts'
import { eventually } from '../../support/servers/eventually.ts'

/** Locks a file, and has so much memory that the kernel takes a while to end it. */
const LARGE = `
import fcntl, sys
file = open(sys.argv[1], 'w')
fcntl.flock(file, fcntl.LOCK_EX)
memory = bytearray(b'x') * (256 << 20)
print('locked', flush=True)
sys.stdin.read()
`

test.skipIf(lacks('python3'))(
  'a process that ends has its locks after its command line, and is waited for',
  async () => {
    const path = join(scratch(), 'file')
    for (let round = 0; round < 3; round++) {
      const child = spawn('/usr/bin/python3', ['-c', LARGE, path], { stdio: ['pipe', 'pipe', 'inherit'] })
      await once(child.stdout, 'data')
      const ended = once(child, 'exit')
      const pid = child.pid ?? Number.NaN
      child.kill('SIGKILL')
      await eventually(() => !commandLine(pid).includes(path), 'it has no command line any more')
      await lettingGo(pid)
      const lock = tryLock(path)
      expect(lock).toBeDefined()
      lock?.release()
      await ended
    }
  },
)

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** A shell that goes on making its pipes while they are opened: on a busy machine there is time for that between two of them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, fstatSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { closeAll, openIfReady } from '../../src/invoke/pipes.ts'
import { scratch } from '../support/scratch.ts'

/** Called before a path is opened. */
const about = vi.hoisted(() => ({ toOpen: (_path: string) => {} }))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const openSync = (path: string, flags: number) => {
    about.toOpen(path)
    return fs.openSync(path, flags)
  }
  return { ...fs, openSync }
})

const documents = (...descriptors: number[]) =>
  `exec ${descriptors.map((fd) => `${fd}<<E`).join(' ')}\n${'\nE\n'.repeat(descriptors.length)}`

/** Descriptors 6 and 7 are both ends of one pipe, as while it is made, until the file `go` is there. */
const SCRIPT = `cd "$1"; mkfifo fifo
${documents(3, 4, 5)}
exec 6<>fifo 7<>fifo; echo >&6; echo ready
while [ ! -e go ]; do sleep 0.01; done
${documents(7, 8)}
: >done; read -r rest`

test('both ends of one pipe are not taken for two, though all are made right after they were opened', async () => {
  const directory = scratch()
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'sh', directory])
  onTestFinished(async () => {
    const ended = once(shell, 'exit')
    writeFileSync(join(directory, 'go'), '')
    shell.stdin.end('\n')
    await ended
  })
  await once(shell.stdout, 'data')
  let opened = 0
  about.toOpen = (path) => {
    if (!path.startsWith(`/proc/${shell.pid}/fd/`)) return
    if (opened > 0 && path.endsWith('/8')) {
      writeFileSync(join(directory, 'go'), '')
      while (!existsSync(join(directory, 'done'))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
    opened += 1
  }
  const pipes = openIfReady(shell.pid)
  expect(opened).toBeGreaterThan(0)
  if (pipes === undefined) return
  onTestFinished(() => closeAll(pipes))
  expect(new Set(pipes.map((pipe) => fstatSync(pipe).ino)).size).toBe(6)
})

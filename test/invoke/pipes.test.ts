import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fstatSync, readdirSync, readFileSync, readlinkSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { type CallPipes, closeAll, openIfReady, PipePool } from '../../src/invoke/pipes.ts'
import { scratch } from '../support/scratch.ts'

let open: CallPipes[] = []
let pool: PipePool | undefined

afterEach(async () => {
  for (const { child, host } of open.splice(0)) closeAll([...child, host.stdin, host.stdout, host.stderr])
  await pool?.close()
})

function all({ child, host }: CallPipes): number[] {
  return [...child, host.stdin, host.stdout, host.stderr]
}

describe.each(['documents', 'pipelines'] as const)('pipes out of %s of a shell', (source) => {
  test('connect the host with the child, and are empty', async () => {
    pool = new PipePool(source)
    open = [await pool.open()]
    const [{ child, host } = await pool.open()] = open
    expect(() => readSync(host.stdout, Buffer.alloc(1))).toThrow('EAGAIN')
    for (const [writer, reader] of [
      [host.stdin, child[0]],
      [child[1], host.stdout],
      [child[2], host.stderr],
    ] as const) {
      writeSync(writer, 'through')
      const read = Buffer.alloc(100)
      expect(read.subarray(0, readSync(reader, read)).toString()).toBe('through')
    }
  })

  test('many at once are all different, real and close-on-exec', async () => {
    const made = new PipePool(source)
    pool = made
    open = await Promise.all(Array.from({ length: 40 }, () => made.open()))
    const descriptors = open.flatMap(all)
    expect(descriptors.every((descriptor) => fstatSync(descriptor).isFIFO())).toBe(true)
    expect(new Set(open.flatMap(({ child }) => child.map((end) => fstatSync(end).ino))).size).toBe(120)
    for (const descriptor of descriptors) {
      expect(readlinkSync(`/proc/self/fd/${descriptor}`)).toMatch(/^pipe:/)
      const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? ''
      expect(Number.parseInt(flags, 8) & 0o2000000).not.toBe(0)
    }
  })
})

test('a closed pool holds no descriptor, and can be used again', async () => {
  const made = new PipePool()
  pool = made
  const before = readdirSync('/proc/self/fd').length
  closeAll(all(await made.open()))
  closeAll(all(await made.open()))
  await made.close()
  expect(readdirSync('/proc/self/fd').length).toBe(before)
  closeAll(all(await made.open()))
})

/** A shell that has come as far with its pipes as it says, with a document in each that it has made. */
async function shellWith(made: string): Promise<number | undefined> {
  const fifo = join(scratch(), 'fifo')
  const shell = spawn('/bin/sh', ['-c', `mkfifo "$1"; ${made}\necho ready; read -r rest`, 'sh', fifo])
  onTestFinished(async () => {
    const ended = once(shell, 'exit')
    shell.stdin.end('\n')
    await ended
  })
  await once(shell.stdout, 'data')
  return shell.pid
}

const documents = (...descriptors: number[]) =>
  `exec ${descriptors.map((fd) => `${fd}<<E`).join(' ')}\n${'\nE\n'.repeat(descriptors.length)}`

test('a shell that makes its last pipe is not ready, whatever its descriptors look like', async () => {
  for (const made of [
    documents(3, 4, 5, 6, 7),
    `exec 8<>"$1"\n${documents(3, 4, 5, 6, 7)}`,
    `exec 7<>"$1" 8<>"$1"; echo >&7\n${documents(3, 4, 5, 6)}`,
  ]) {
    const pid = await shellWith(made)
    const before = readdirSync('/proc/self/fd').length
    expect(openIfReady(pid), made).toBeUndefined()
    expect(readdirSync('/proc/self/fd').length).toBe(before)
  }
})

test('one that has made them all is ready, and they are empty', async () => {
  const pipes = openIfReady(await shellWith(documents(3, 4, 5, 6, 7, 8))) ?? []
  onTestFinished(() => closeAll(pipes))
  expect(new Set(pipes.map((pipe) => fstatSync(pipe).ino)).size).toBe(6)
  for (const pipe of pipes) expect(() => readSync(pipe, Buffer.alloc(1))).toThrow('EAGAIN')
})

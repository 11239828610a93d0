import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { truncateSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, onTestFinished, test } from 'vitest'
import { NbdClient } from '../../src/conformance/access/nbd.ts'
import { parseNbdUri } from '../../src/conformance/access/nbd-uri.ts'
import { lacks } from '../support/needs.ts'
import { scratch } from '../support/scratch.ts'
import { eventually } from '../support/servers/eventually.ts'

const SIZE = 3 * 1024 * 1024

describe.skipIf(lacks('qemu-storage-daemon', 'nbdkit'))('the NBD client', () => {
  test('reads what it wrote, by both forms of URI, from QEMU', async () => {
    const directory = scratch()
    const image = join(directory, 'image')
    const socket = join(directory, 'nbd.sock')
    writeFileSync(image, '')
    truncateSync(image, SIZE)
    const server = execa('qemu-storage-daemon', [
      '--blockdev',
      `driver=file,node-name=disk,filename=${image}`,
      '--nbd-server',
      `addr.type=unix,addr.path=${socket}`,
      '--export',
      'type=nbd,id=e,node-name=disk,name=a/name,writable=on',
    ])
    end(server)
    const bytes = randomBytes(2 * 1024 * 1024)
    const one = await open(`nbd:unix:${socket}:exportname=a/name`)
    expect(one.size).toBe(BigInt(SIZE))
    expect(one.isReadOnly).toBe(false)
    await one.write(4096, bytes)
    await one.flush()
    await one.close()
    const other = await open(`nbd+unix:///a/name?socket=${socket}`)
    expect((await other.read(4096, bytes.length)).equals(bytes)).toBe(true)
    expect((await other.read(0, 4096)).every((byte) => byte === 0)).toBe(true)
    await expect(other.read(SIZE, 512)).rejects.toThrow('error')
    await other.close()
    await expect(open(`nbd:unix:${socket}:exportname=missing`)).rejects.toThrow('missing')
  })

  test('knows a read-only export, from nbdkit', async () => {
    const directory = scratch()
    const socket = join(directory, 'nbd.sock')
    end(execa('nbdkit', ['-f', '-r', '-U', socket, 'memory', String(SIZE)]))
    const client = await open(`nbd+unix:///?socket=${socket}`)
    expect(client.isReadOnly).toBe(true)
    await expect(client.write(0, Buffer.alloc(512))).rejects.toThrow('error')
    await client.close()
  })
})

test('NBD URIs', () => {
  expect(parseNbdUri('nbd:unix:/run/a b:exportname=x')).toEqual({ connect: { path: '/run/a b' }, exportName: 'x' })
  expect(parseNbdUri('nbd://host/x')).toEqual({ connect: { host: 'host', port: 10809 }, exportName: 'x' })
  expect(parseNbdUri('nbd:host:10810')).toEqual({ connect: { host: 'host', port: 10810 }, exportName: '' })
  expect(parseNbdUri('file:///x')).toBeUndefined()
})

/** Opens once the server listens. */
async function open(uri: string): Promise<NbdClient> {
  const address = parseNbdUri(uri)
  if (address === undefined) throw new Error(`${uri} is no NBD URI`)
  const socket = 'path' in address.connect ? address.connect.path : ''
  await eventually(() => listens(socket), `somebody listens on ${socket}`)
  return NbdClient.open(address)
}

/** A socket is there a moment before anybody listens on it. */
async function listens(path: string): Promise<boolean> {
  const socket = connect(path)
  await once(socket, 'connect')
  socket.destroy()
  return true
}

function end(server: ReturnType<typeof execa>): void {
  server.catch(() => {})
  onTestFinished(() => void server.kill('SIGTERM'))
}

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectNothingLeft, io, nbdUriOf } from '../support/datapath.ts'
import { mountFileSystem } from '../support/filesystem.ts'
import { lacks } from '../support/needs.ts'
import { imageDisks, imageHolds, withoutDaemon } from './image-disks.ts'
import { killDaemons, MIB, READ, WRITE } from './networked.ts'

describe.skipIf(withoutDaemon)('when something dies', () => {
  const it = imageDisks()

  test.each(['attach', 'activate', 'deactivate', 'detach', 'close'] as const)(
    '%s works after kill -9',
    async (call) => {
      const { path, uri } = it.image('qcow2')
      const answer = await it.use(uri)
      await io(nbdUriOf(answer), WRITE)
      await killDaemons(it.plugin.runDirectory)
      if (call === 'attach') expect(nbdUriOf(await it.attach(uri))).toBe(nbdUriOf(answer))
      else if (call === 'close') await it.plugin.call('Datapath.close', { uri })
      else await it.plugin.call(`Datapath.${call}`, { uri, domain: '1' })
      if (call === 'attach' || call === 'activate') await io(nbdUriOf(answer), READ)
      await it.leave(uri)
      expectNothingLeft(it.plugin)
      imageHolds(path, 'qcow2', READ)
    },
  )

  test.each(['attach', 'activate', 'deactivate', 'detach'] as const)(
    '%s works after the state was lost',
    async (call) => {
      const { uri } = it.image('qcow2')
      const answer = await it.use(uri)
      await io(nbdUriOf(answer), WRITE)
      it.loseRunDirectory()
      if (call === 'activate')
        expect((await it.plugin.fail('Datapath.activate', { uri, domain: '1' })).params[0]).toBe('LifeCycleError')
      else await it.plugin.call(`Datapath.${call}`, { uri, domain: '1' })
      await it.leave(uri)
      expectNothingLeft(it.plugin)
      await io(nbdUriOf(await it.use(uri)), READ)
    },
  )

  test('an image that is missing or of another format is an error that says so', async () => {
    const { uri } = it.image('qcow2')
    expect((await it.plugin.fail('Datapath.attach', { uri: `${uri}x.qcow2`, domain: '1' })).params[1]).toContain(
      'does not exist',
    )
    writeFileSync(join(it.images, 'no.qcow2'), Buffer.alloc(MIB))
    const error = await it.plugin.fail('Datapath.attach', { uri: `file://${it.images}/no.qcow2`, domain: '1' })
    expect(error.params[1]).toMatch(/qcow2 format/)
  })

  test.skipIf(lacks('root', 'loop devices', 'mkfs.ext4'))(
    'a full file system is an error of the write, and of no more',
    async () => {
      const small = await mountFileSystem('ext4', 8 * MIB)
      const path = join(small.path, 'disk.qcow2')
      const uri = `file://${path}`
      try {
        execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', path, '64M'])
        const nbd = nbdUriOf(await it.use(uri))
        await io(nbd, WRITE)
        const refused = io(nbd, ['write -P 1 2M 32M']).catch(({ stdout }: { stdout: string }) => stdout)
        expect(await refused).toContain('No space left on device')
        await io(nbd, READ)
        await it.leave(uri)
        imageHolds(path, 'qcow2', READ)
      } finally {
        await it.leave(uri)
        await small.unmount()
      }
    },
  )
})

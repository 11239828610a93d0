/** Attaches, uses and detaches a disk so many times: run by a test as a process of its own. */
import { activateDisk, attachDisk, deactivateDisk, detachDisk, diskOf } from '../../../src/engine/qsd/disk.ts'
import { description, io, nbdUri } from './support.ts'

const [path = '', times = '1'] = process.argv.slice(2)
const disk = diskOf('file', path)
const what = description(path, 'qcow2')
for (let time = 0; time < Number(times); time++) {
  const address = await attachDisk(disk, what, ['nbd'])
  await activateDisk(disk, what, ['nbd'], 'read-write')
  await io(nbdUri(address), [`write -P ${time + 1} 1M 64k`, `read -P ${time + 1} 1M 64k`])
  await deactivateDisk(disk)
  await detachDisk(disk)
}

/**
 * A process of a host of its own that takes a lock again and again, and counts in a file beside it: started by the test with
 * the directory of the lock, and how often. `hold` instead of a number keeps the lock for ever, and says so.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LEASES } from '../../../src/engine/lease/lease.ts'

const [, , directory = '', times = ''] = process.argv
const path = join(directory, 'a.lock')
const count = join(directory, 'count')

if (times === 'hold') {
  await LEASES.lock(path)
  process.stdout.write('held\n')
  setInterval(() => {}, 1000)
} else {
  for (let done = 0; done < Number(times); done++) {
    const held = await LEASES.lock(path)
    // Not one step: another holder at the same time would be seen.
    const before = Number(readFileSync(count, 'utf8'))
    writeFileSync(count, String(before + 1))
    held.release()
  }
}

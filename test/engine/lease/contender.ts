/**
 * A process of a host of its own that takes a lock again and again, and counts in a file beside it: started by the test with
 * the directory of the lock, and how often. The name of a way to hold it instead of a number keeps the lock for ever, and
 * says so.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beginLongWork, beginStep } from '../../../src/engine/busy.ts'
import { LEASES } from '../../../src/engine/lease/lease.ts'

const [, , directory = '', times = ''] = process.argv
const path = join(directory, 'a.lock')
const count = join(directory, 'count')

/** Without coming back to the event loop. */
const pause = (milliseconds: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)

const HOLDING: Readonly<Record<string, () => void>> = {
  idle: () => setInterval(() => {}, 1000),
  steps() {
    for (;;) {
      beginStep()
      pause(20)
    }
  },
  work() {
    beginLongWork()
    for (;;) pause(1000)
  },
  /** One step that takes until there is a file `go`, and longer than there is no sign of life; then another one. */
  late() {
    pause(1000)
    while (!existsSync(join(directory, 'go'))) pause(20)
    beginStep()
    writeFileSync(count, 'went on')
    process.exit(0)
  },
}
const hold = HOLDING[times]

if (hold !== undefined) {
  await LEASES.lock(path)
  process.stdout.write('held\n')
  hold()
} else {
  for (let done = 0; done < Number(times); done++) {
    const held = await LEASES.lock(path)
    // Not one step: another holder at the same time would be seen.
    const before = Number(readFileSync(count, 'utf8'))
    writeFileSync(count, String(before + 1))
    held.release()
  }
}

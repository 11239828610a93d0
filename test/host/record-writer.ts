/** Writes one record again and again, ever longer, and says how often, until it is killed. */
import { RecordDirectory } from '../../src/host/record-directory.ts'

const records = new RecordDirectory<{ name: string; list: string[] }>(process.argv[2] ?? '', ['name', 'list'], () => {})
for (let count = 1; ; count++) {
  const length = (count * 37) % 2000
  await records.put('record', { name: String(length), list: Array.from({ length }, () => 'some text') })
  process.send?.(count)
}

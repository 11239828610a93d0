/** A process that replaces a file again and again with the same text: started by a test with the path, a text, and how often. */
import { writeFileSync } from 'node:fs'
import { replaceRunFile } from '../../src/engine/atomic-file.ts'

const [, , path = '', text = '', times = ''] = process.argv

for (let done = 0; done < Number(times); done++) {
  replaceRunFile(path, (temporary) => writeFileSync(temporary, text, { flag: 'wx' }))
}

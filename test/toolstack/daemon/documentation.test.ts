import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PACKAGE } from './support.ts'

const ROOMS: Readonly<Record<string, string>> = {
  daemon: 'test/toolstack/daemon/defects.test.ts',
  smapiv2: 'test/toolstack/smapiv2/defects.test.ts',
}

const ROWS = readFileSync(join(PACKAGE, 'docs/daemon.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, number, , , where = ''] = line.split('|').map((cell) => cell.trim())
    return /^\d+$/.test(number ?? '') ? [{ number: Number(number), where: where.replaceAll('`', '') }] : []
  })

test('the table has every defect', () => {
  expect(ROWS.map(({ number }) => number)).toEqual(Array.from({ length: 42 }, (_, index) => index + 1))
})

test.each(ROWS)('the test for defect $number is there', ({ number, where }) => {
  const path = join(PACKAGE, ROOMS[where] ?? where)
  expect(existsSync(path), path).toBe(true)
  if (!(where in ROOMS)) return
  const titles = readFileSync(path, 'utf8').matchAll(
    /(?:test|describe)[^\n]*?\(\s*'([\d, and]+): |^\]\)\('([\d, and]+): /gm,
  )
  const numbers = [...titles].flatMap(([, plain, each]) => (plain ?? each ?? '').match(/\d+/g) ?? [])
  expect(numbers.map(Number)).toContain(number)
})

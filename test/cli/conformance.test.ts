import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLAUSE_IDS } from '../../src/conformance/clauses.ts'
import { shellPlugin } from '../conformance/support.ts'
import { Place } from './smapiv3.ts'

let place: Place
let plugin: string

beforeAll(async () => {
  place = await Place.make()
  plugin = shellPlugin(place.path, 'exit 3')
})
afterAll(() => place.remove())

describe('smapiv3 conformance', () => {
  test('--list prints every clause', async () => {
    const { status, stdout } = await place.run(['conformance', '--list'])
    expect(status).toBe(0)
    for (const id of CLAUSE_IDS) expect(stdout).toContain(`${id} (`)
  })

  test('prints a report and exits with 1 where a MUST does not hold, and with 0 where all do', async () => {
    const bad = await place.run(['conformance', plugin, '--only', 'QRY', '--seed', '1'])
    expect(bad.status).toBe(1)
    expect(bad.stdout).toContain('✗ QRY-FEATURE-001 (MUST)')
    const good = await place.run(['conformance', plugin, '--only', 'FIL-EXEC', '--json'])
    expect(good.status).toBe(0)
    expect(JSON.parse(good.stdout)).toMatchObject({ kind: 'volume', verdict: { conforms: true } })
  })

  test('writes a report into a file', async () => {
    const output = join(place.path, 'report.xml')
    const words = [
      'conformance',
      plugin,
      '--only',
      'FIL',
      '--skip',
      'FIL-SCRIPT',
      '--reporter',
      'junit',
      '--output',
      output,
    ]
    const { stdout } = await place.run(words)
    expect(stdout).toContain(output)
    expect(readFileSync(output, 'utf8')).toMatch(/^<\?xml/)
    expect(readFileSync(output, 'utf8')).not.toContain('FIL-SCRIPT')
  })

  test('reads the configuration from files, and never repeats a secret', async () => {
    const secrets = join(place.path, 'secrets.json')
    writeFileSync(secrets, '{"password":"hunter2-hunter2"}')
    const words = ['conformance', plugin, '--config', 'uri={sr}', '--secrets-file', secrets, '--only', 'SR-CREATE']
    const { status, stdout, stderr } = await place.run(words)
    expect(status).toBe(1)
    expect(stdout + stderr).not.toContain('hunter2-hunter2')
    expect(stdout).toContain('fill in the secrets')
  })

  test.each([
    [['conformance'], 'directory'],
    [['conformance', 'DIR', '--only', 'NO-SUCH'], 'NO-SUCH'],
    [['conformance', 'DIR', '--level', 'never'], 'level'],
    [['conformance', 'DIR', '--parallel', '0'], '--parallel'],
    [['conformance', 'DIR', '--config', 'novalue'], 'key=value'],
  ])('%j is a usage error', async (words, said) => {
    const { status, stderr } = await place.run(words)
    expect(status).toBe(2)
    expect(stderr).toContain(said)
  })
})

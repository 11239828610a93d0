/** What a README says of a volume plugin is what the plugin says of itself. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { installPlugin } from '../support/plugin.ts'

const ROOT = join(import.meta.dirname, '../..')
const PLUGINS = readdirSync(join(ROOT, 'volume.d')).filter((name) =>
  existsSync(join(ROOT, 'volume.d', name, 'plugin.ts')),
)

describe.each(PLUGINS)('the README of %s', (name) => {
  test('tells of every key of device_config', async () => {
    const readme = readFileSync(join(ROOT, 'volume.d', name, 'README.md'), 'utf8')
    const plugin = await installPlugin(`volume.d/${name}`)
    try {
      const keys = Object.keys((await plugin.call('Plugin.query', {})).configuration)
      expect(keys).not.toEqual([])
      expect(keys.filter((key) => !readme.includes(`\`${key}\``) && !readme.includes(`\`${key}=`))).toEqual([])
    } finally {
      await plugin.remove()
    }
  })
})

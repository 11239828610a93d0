/**
 * Twins of the bundled file plugins, whose features the good plugins in test/plugins do not have: changed blocks, composing,
 * mirrors and copies, import_activate. In the place of one script each stands another, which may run the real one.
 */
import { chmodSync, cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildPlugin } from '../../src/build/plugin.ts'
import { type ClauseId, runConformance } from '../../src/conformance/index.ts'
import type { MethodName } from '../../src/contract/methods.ts'
import { lacks } from '../support/needs.ts'
import { isolated } from './bundled.ts'

const REPOSITORY = join(import.meta.dirname, '../..')
const LONG = 1_800_000

interface BundledTwin {
  /** What is wrong with it. */
  readonly name: string
  /** Method → the lines of a script in sh; `$real` is the real one. */
  readonly scripts: Partial<Record<MethodName, string>>
  readonly breaks: ClauseId
  /** Clauses that the same fault breaks by themselves. */
  readonly also?: readonly ClauseId[]
  /** Clauses that are judged beside it, and must hold. */
  readonly beside?: readonly string[]
}

/** A script that answers this, whatever it is asked, and does nothing. */
const answers = (result: unknown) => `cat >/dev/null; echo '${JSON.stringify(result)}'`

/** A script that refuses whatever it is asked. */
const refuses = (code: string, ...params: string[]) =>
  `cat >/dev/null; echo '${JSON.stringify({ code, params, backtrace: { error: '', files: [], lines: [] } })}'; exit 1`

/** The real script, whose result jq changes. */
const changes = (expression: string) => `"$real" --json | jq -c '${expression}'`

/** A bitmap of as many bytes, all of one kind, as base64. */
const bitmap = (sextet: string) => changes(`.bitmap |= gsub("[^=]"; "${sextet}")`)

const STATUS = { failed: false, complete: true }
const OPERATION = ['MirrorV1', 'pretended']
const COPY = ['CopyV1', 'pretended']

const TWINS: readonly BundledTwin[] = [
  {
    name: 'tracks no changes where it should',
    scripts: { 'Volume.enable_cbt': answers(null) },
    breaks: 'VOL-CBT-001',
    beside: ['VOL-CBT-002'],
  },
  {
    name: 'goes on tracking changes where it should not',
    scripts: { 'Volume.disable_cbt': answers(null) },
    breaks: 'VOL-CBT-002',
    beside: ['VOL-CBT-001'],
  },
  {
    name: 'tells changes in blocks of another size',
    scripts: { 'Volume.list_changed_blocks': changes('.granularity = 4096') },
    breaks: 'VOL-CBT-003',
  },
  {
    name: 'loses changed blocks',
    scripts: { 'Volume.list_changed_blocks': bitmap('A') },
    breaks: 'VOL-CBT-004',
    beside: ['VOL-CBT-003', 'VOL-CBT-005', 'VOL-CBT-006'],
  },
  {
    name: 'says that everything has changed',
    scripts: { 'Volume.list_changed_blocks': bitmap('/') },
    breaks: 'VOL-CBT-005',
    beside: ['VOL-CBT-003', 'VOL-CBT-004', 'VOL-CBT-006'],
  },
  {
    name: 'keeps the data that it should destroy',
    scripts: { 'Volume.data_destroy': answers(null) },
    breaks: 'VOL-CBT-006',
    beside: ['VOL-CBT-003'],
  },
  {
    name: 'gives what it composes the bytes of the lower one only',
    scripts: {
      'Volume.compose': `params=$(cat); printf '%s\\n' "$params" | "$real" --json
        image=$(printf '%s' "$params" | jq -r '"\\(.sr)/\\(.key).qcow2"')
        qemu-io -f qcow2 -c 'write -z 0 4M' "$image" >&2`,
    },
    breaks: 'VOL-COMPOSE-001',
  },
  {
    name: 'refuses to compose, and does not say that it cannot do that at all',
    scripts: { 'Volume.compose': refuses('SR_BACKEND_FAILURE', 'it cannot be done') },
    breaks: 'VOL-COMPOSE-001',
  },
  {
    name: 'declares what it says it does not implement',
    scripts: { 'Volume.compose': refuses('SR_BACKEND_FAILURE', 'Unimplemented', 'Volume.compose') },
    breaks: 'QRY-FEATURE-005',
    beside: ['VOL-COMPOSE-001'],
  },
  {
    name: 'opens no socket for an import',
    scripts: { 'Datapath.import_activate': answers('/nowhere/import.sock') },
    breaks: 'DP-IMPORT-001',
  },
  {
    name: 'has mirrors that fail',
    scripts: { 'Data.stat': changes('.failed = true | .complete = false') },
    breaks: 'DP-MIRROR-001',
    beside: ['DP-MIRROR-002'],
  },
  {
    name: 'does not see that a mirror fails',
    scripts: { 'Data.mirror': answers(OPERATION), 'Data.stat': answers(STATUS), 'Data.destroy': answers(null) },
    breaks: 'DP-MIRROR-002',
  },
  {
    name: 'pretends to mirror',
    scripts: {
      'Data.mirror': answers(OPERATION),
      'Data.stat': answers(STATUS),
      'Data.cancel': answers(null),
      'Data.destroy': answers(null),
      'Data.ls': answers([]),
    },
    breaks: 'DATA-MIRROR-001',
    beside: ['DP-MIRROR-001', 'DP-MIRROR-003'],
  },
  {
    name: 'lists mirrors that were destroyed',
    scripts: { 'Data.destroy': answers(null) },
    breaks: 'DP-MIRROR-003',
    beside: ['DP-MIRROR-001', 'DATA-MIRROR-001'],
  },
  {
    name: 'pretends to copy',
    scripts: { 'Data.copy': answers(COPY), 'Data.stat': answers(STATUS), 'Data.destroy': answers(null) },
    breaks: 'DATA-COPYJOB-001',
  },
]

/** Plugins that are built: once for all of their twins. */
const builds = new Map<string, Promise<unknown>>()

/** A copy of a bundled plugin in which other scripts stand. */
async function installTwin(root: string, plugin: string, scripts: BundledTwin['scripts']): Promise<string> {
  const built = builds.get(plugin) ?? buildPlugin(join(REPOSITORY, plugin))
  builds.set(plugin, built)
  await built
  const directory = join(root, plugin)
  cpSync(join(REPOSITORY, plugin), directory, { recursive: true, verbatimSymlinks: true })
  mkdirSync(join(directory, 'real'))
  const prefix = plugin.startsWith('volume.d') ? /^(SR|Volume)\./ : /^(Datapath|Data)\./
  for (const [method, lines] of Object.entries(scripts).filter(([method]) => prefix.test(method))) {
    symlinkSync('../plugin.cjs', join(directory, 'real', method))
    rmSync(join(directory, method))
    const text = `#!/bin/sh\nreal=$(dirname "$(readlink -f "$0")")/real/${method}\n${lines}\n`
    writeFileSync(join(directory, method), text)
    chmodSync(join(directory, method), 0o755)
  }
  return directory
}

const missing = lacks('qemu-storage-daemon', 'qemu-img', 'qemu-io', 'loop devices', 'losetup', 'jq')

describe.skipIf(missing)('the conformance suite finds the fault of the bundled plugin that', () => {
  test.each(TWINS)('$name: $breaks', { timeout: LONG }, ({ scripts, breaks, also = [], beside = [] }) =>
    isolated(async (root) => {
      const report = await runConformance({
        directory: await installTwin(root, 'volume.d/org.xen.xapi.storage.file', scripts),
        datapaths: [await installTwin(root, 'datapath.d/file', scripts)],
        configuration: { uri: `file://${root}/{sr}`, format: 'qcow2' },
        only: [breaks, ...also, ...beside],
        seed: 20,
        parallel: 1,
        timeout: 120,
      })
      const failed = report.clauses.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id)
      const hint = JSON.stringify(report.clauses, null, 1)
      expect(failed.sort(), hint).toEqual([breaks, ...also].sort())
    }),
  )
})

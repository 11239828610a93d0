import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import recordedPlugins from '../../golden/smapiv2/recorded-plugins.json' with { type: 'json' }
import recordings from '../../golden/smapiv2/recordings.json' with { type: 'json' }
import session from '../../golden/smapiv2/session.json' with { type: 'json' }
import { queryResult } from '../../support/scripted-plugin.ts'
import { type Difference, RECORDING_DIFFERENCES, SESSION_DIFFERENCES } from './differences.ts'
import type { RecordedScript, SeenScript } from './doubles.ts'
import { type Bench, bench, DATAPATH_SCRIPTS, QUEUE, VOLUME_SCRIPTS } from './support.ts'

/** One request with what the reference did. */
interface Example {
  readonly id: string
  readonly title: string
  readonly queue: string
  readonly request: string
  readonly response: string | undefined
  readonly scripts: readonly RecordedScript[]
}

const SESSION: readonly Example[] = session.map(({ title, request, response, scripts }) => {
  const id = String(JSON.parse(request).id)
  return { id, title: `${id} ${title}`, queue: QUEUE, request, response, scripts }
})

const RECORDINGS: readonly Example[] = recordings.map(({ number, name, queue, request, invocations, ...more }) => ({
  id: number,
  title: `${number} ${name}`,
  queue,
  request,
  response: 'response' in more ? (more.response ?? undefined) : undefined,
  scripts: invocations.map(({ script, ...seen }) => {
    const [, plugin = '', file = ''] = script.split('/')
    return { ...seen, plugin, script: file }
  }),
}))

// What comes later depends on what was attached before, so a session is replayed as a whole.
describe.each([
  {
    name: 'the examples of the specification',
    examples: SESSION,
    differences: SESSION_DIFFERENCES,
    prepare: prepareSession,
  },
  { name: 'the recordings', examples: RECORDINGS, differences: RECORDING_DIFFERENCES, prepare: prepareRecordings },
])('$name', ({ examples, differences, prepare }) => {
  test('give the same answers and run the same scripts, but for the differences listed', {
    timeout: 120_000,
  }, async () => {
    let moment = new Date(0)
    const stage = bench({ now: () => moment })
    prepare(stage)
    await stage.host.plugins()
    stage.doubles.take()
    for (const example of examples) {
      stage.doubles.play(example.scripts)
      moment = snapshotTime(example.scripts) ?? moment
      const answer = await stage.dispatcher.handle(example.queue, example.request)
      const seen = stage.doubles.take()
      const difference = differences[example.id]
      expectAnswer(answer, example, difference)
      expectScripts(seen, example, difference)
    }
  })

  test('every difference listed is one of theirs', () => {
    const ids = examples.map(({ id }) => id)
    expect(Object.keys(differences).filter((id) => !ids.includes(id))).toEqual([])
  })
})

function expectAnswer(answer: string, { title, response }: Example, difference: Difference | undefined): void {
  const expected = difference?.answer
  const { error } = JSON.parse(answer)
  if (expected === undefined) expect(answer, title).toBe(response)
  else if (typeof expected === 'object')
    expect(JSON.parse(answer), title).toMatchObject({ result: null, error: [expected.error, expect.anything()], id: 0 })
  else if (expected === 'same code') expect([error[0], error[1][0]], title).toEqual(codeIn(response))
  else if (expected === '*SCRIPT_FAILED*')
    expect([error[0], error[1][0]], title).toEqual(['Backend_error', 'SCRIPT_FAILED'])
  else expect(answer, title).toBe(expected)
  if (expected !== undefined) expect(answer, `${title}: this difference is gone`).not.toBe(response)
}

function expectScripts(
  seen: readonly SeenScript[],
  { title, scripts }: Example,
  difference: Difference | undefined,
): void {
  const { scripts: listed, params: other = {}, plugin } = difference ?? {}
  if (Array.isArray(listed)) {
    expect(
      seen.map(({ script }) => script),
      title,
    ).toEqual(listed)
    return
  }
  const recorded = listed === undefined ? scripts : scripts.filter(({ script }) => script !== 'Volume.stat')
  const expected = recorded.map((script) => ({
    plugin: plugin ?? script.plugin,
    script: script.script,
    params: { ...JSON.parse(script.stdin), ...changed(script, other) },
  }))
  const normal = plugin === undefined ? seen : seen.map((script) => ({ ...script, params: expect.anything() }))
  expect(normal, title).toEqual(expected)
}

/** A changed key of Volume.set concerns only those that set a tag. */
function changed({ script, stdin }: RecordedScript, other: NonNullable<Difference['params']>): object {
  return script === 'Volume.set' && !stdin.includes('"k":"tags') ? {} : (other[script] ?? {})
}

function codeIn(response: string | undefined): unknown {
  const { error } = JSON.parse(response ?? '')
  return [error[0], error[1][0]]
}

function snapshotTime(scripts: readonly RecordedScript[]): Date | undefined {
  const set = scripts.find(({ stdin }) => stdin.includes('"k":"snapshot_time"'))
  if (set === undefined) return undefined
  const time = String(JSON.parse(set.stdin).v)
  return new Date(`${time.slice(0, 4)}-${time.slice(4, 6)}-${time.slice(6)}`)
}

function prepareSession({ doubles }: Bench): void {
  const scripts = VOLUME_SCRIPTS.map((name) => (name === 'Plugin.query' ? 'Plugin.Query' : name))
  doubles.plugin('volume', QUEUE, queryResult('demo'), scripts)
  doubles.plugin('datapath', 'demo+blk', queryResult('demo+blk'), DATAPATH_SCRIPTS)
  doubles.plugin('datapath', 'demo+np', queryResult('demo+np', ['NONPERSISTENT', 'VDI_MIRROR_IN']), DATAPATH_SCRIPTS)
}

interface RecordedFile {
  readonly text?: string
  readonly mode?: string
  readonly link?: string
  readonly directory?: boolean
}

function prepareRecordings({ doubles }: Bench): void {
  for (const kind of ['volume', 'datapath'] as const) {
    for (const [name, plugin] of Object.entries(recordedPlugins[kind])) {
      const files: Readonly<Record<string, RecordedFile>> = plugin.files
      const scripts = Object.keys(files).filter((file) => !/\.(dispatcher|impl)$/.test(file))
      const directory = doubles.plugin(kind, name, JSON.parse(plugin.query), scripts)
      for (const [file, recorded] of Object.entries(files)) replaceDouble(join(directory, file), recorded)
    }
  }
}

/** Files whose form is the point of a recording. */
function replaceDouble(path: string, { text, mode = '755', link, directory }: RecordedFile): void {
  if (text === undefined && link === undefined && directory === undefined) return
  rmSync(path)
  if (directory) mkdirSync(path)
  if (link !== undefined) symlinkSync(link, path)
  if (text === undefined) return
  writeFileSync(path, text)
  chmodSync(path, Number.parseInt(mode, 8))
}

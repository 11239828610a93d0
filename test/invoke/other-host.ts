/** A host in a process of its own, started by host.test.ts: does what its argument says and prints JSON. */
import { mkdirSync, readdirSync } from 'node:fs'
import { PIPES } from '../../src/invoke/pipes.ts'
import { ask, double, pidIn } from './support.ts'

const [task, file = ''] = process.argv.slice(2)

/** What a plugin is started with. */
async function describePlugin(): Promise<unknown> {
  const { outcome } = await ask('x', { script: double('describe.py') })
  return outcome.ok ? JSON.parse(outcome.value) : outcome.error
}

/** More calls at once than there are descriptors for, none of which ends before one has failed; then one. */
async function exhaust(): Promise<unknown> {
  await ask('result')
  await PIPES.close()
  const before = readdirSync('/proc/self/fd').length
  const calls = Array.from({ length: 60 }, async () => {
    const { outcome } = await ask(`patient ${file}`)
    // Which takes no descriptor.
    if (!outcome.ok) mkdirSync(file, { recursive: true })
    return outcome.ok ? 'ok' : outcome.error.kind
  })
  const kinds = await Promise.all(calls)
  const { outcome } = await ask('result')
  await PIPES.close()
  return { kinds: [...new Set(kinds)].sort(), next: outcome.ok, leaked: readdirSync('/proc/self/fd').length - before }
}

/** Exits while a plugin runs. */
async function exitEarly(): Promise<unknown> {
  void ask(`stubborn ${file}`)
  await pidIn(file)
  process.exit(0)
}

const TASKS = { describePlugin, exhaust, exitEarly }
console.log(JSON.stringify(await TASKS[task as keyof typeof TASKS]()))

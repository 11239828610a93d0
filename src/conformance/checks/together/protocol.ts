/** One set of calls in which everything that may be otherwise is: how stdin is written, dbg, environment, directory. */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { stringifyJson } from '../../../contract/json.ts'
import type { Context } from '../../context.ts'
import type { Together } from '../../together.ts'
import { demandEqual } from '../../violation.ts'
import { MIB } from '../../volumes.ts'
import { demandPlain } from '../plain.ts'
import { demandNoneHeld, ODD_ENVIRONMENT, TRACED } from '../protocol.ts'
import { type Sample, samples } from '../samples.ts'

export const PROTOCOL_TOGETHER: Together = {
  checks: [
    'PRO-STDIN-001',
    'PRO-STDIN-002',
    'PRO-STDIN-004',
    'PRO-DBG-001',
    'PRO-PARAM-001',
    'PRO-ENV-001',
    'PRO-ENV-003',
    'PRO-CWD-001',
    'PRO-STDOUT-001',
    'PRO-STDOUT-003',
    'PRO-FD-001',
  ],
  async run(context) {
    const { environment, leastEnvironment, scratch } = context.run
    const cwd = join(scratch, 'working directory of all')
    mkdirSync(cwd, { recursive: true })
    const all = await samples(context)
    const odd = { ...environment, ...ODD_ENVIRONMENT }
    const long = `${TRACED}${'x'.repeat(MIB)}`
    await each(context, all, { cwd, environment: odd, dbg: long, isReversed: true })
    await each(context, all, { cwd, environment: leastEnvironment, dbg: '', isReversed: false })
    if (context.isAbout('PRO-FD-001')) await demandNoneHeld(context)
    demandEqual(readdirSync(cwd), [], 'nothing in the working directory')
  },
}

interface Manner {
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  readonly dbg: string
  /** Whether the parameters stand in reverse order, with one more. */
  readonly isReversed: boolean
}

/** Without a newline at the end. */
async function each(context: Context, all: readonly Sample[], { isReversed, dbg, ...options }: Manner): Promise<void> {
  for (const { method, params } of all) {
    const entries = Object.entries({ dbg, ...params })
    const input = stringifyJson(
      isReversed ? { future_parameter: { of: [1] }, ...Object.fromEntries(entries.reverse()) } : { dbg, ...params },
    )
    const called = await context.outcome(method, params as never, { ...options, input })
    context.succeeded(called)
    if (called.outcome.ok && context.isAbout('PRO-STDOUT-003')) demandPlain(method, called.outcome, called.record)
  }
}

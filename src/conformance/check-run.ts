/** Runs checks, within bounds of time, and removes what they made. */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Smapiv3Error } from '../contract/errors.ts'
import { KILL_GRACE } from '../invoke/process.ts'
import { isApplicable } from './applicability.ts'
import type { Check } from './check.ts'
import type { ClauseId } from './clauses.ts'
import { Context } from './context.ts'
import { GRACE } from './flights.ts'
import type { Run } from './run.ts'
import type { Together } from './together.ts'
import { CallFailed, type Finding, isFinding, Violation } from './violation.ts'

/** @param within seconds */
export async function runCheck(check: Check, run: Run, within: number): Promise<void> {
  await inContext(run, check.clauses, within, check.run, async (context, thrown) => settle(check, context, thrown))
}

/**
 * Looks at what several checks are about in one go.
 * @param within seconds
 * @returns what is to be run after it: each check where something does not hold, and nothing where all of it does
 */
export async function runTogether(
  together: Together,
  checks: readonly Check[],
  run: Run,
  within: number,
): Promise<readonly (() => Promise<void>)[]> {
  const [first, ...rest] = checks.flatMap(({ clauses }) => clauses)
  if (first === undefined) return []
  const clauses = [first, ...rest] as const
  const each = checks.map((check) => () => runCheck(check, run, within))
  if (!clauses.some((id) => run.selected(id) && isApplicable(run, id))) return each
  let failure: unknown
  let calls: Context['calls'] = []
  let leftOut: readonly ClauseId[] = []
  const isLeftOut = ({ clauses: [id] }: Check) => leftOut.includes(id)
  const body = async (context: Context) => {
    leftOut = (await together.run(context)) ?? []
  }
  const judge = async (context: Context, thrown: unknown) => {
    failure = thrown
    calls = context.calls
    if (thrown !== undefined) return
    for (const check of checks)
      if (!isLeftOut(check)) for (const id of check.clauses) await context.judge(id, async () => {})
  }
  await inContext(run, clauses, within, body, judge, `ALL-${first}`)
  if (run.signal.aborted) return []
  if (failure === undefined)
    return each.filter((_, index) => checks.some((check, at) => at === index && isLeftOut(check)))
  let open = each.length
  return each.map((check) => async () => {
    await check()
    open -= 1
    // What none of them finds again was there all the same, unless it is about a clause that is not to be judged.
    const isWhole = checks.length === together.checks.length && clauses.every((id) => run.ledger.holds(id))
    if (open > 0 || !isWhole || run.signal.aborted) return
    if (failure instanceof Violation || failure instanceof CallFailed)
      run.ledger.enterUnexplained(first, failure, calls)
  })
}

/**
 * Does something in a context of its own, tells what came of it unless the run was interrupted, and removes what it made.
 * @param within seconds
 */
async function inContext(
  run: Run,
  clauses: Check['clauses'],
  within: number,
  body: (context: Context) => Promise<void>,
  judge: (context: Context, thrown: unknown) => Promise<void>,
  label?: string,
): Promise<void> {
  if (run.signal.aborted) return
  const overdue = new AbortController()
  const timer = setTimeout(
    () => overdue.abort(new Violation(`the check ends within ${within} s`, 'it did not')),
    within * 1000,
  )
  const context = new Context(run, clauses, AbortSignal.any([run.signal, overdue.signal]), label)
  try {
    const thrown = await settledOrGivenUp(body(context), context).then(
      () => undefined,
      (reason: unknown) => reason ?? new Error('a check failed without a reason'),
    )
    if (run.signal.aborted) return
    if (thrown === undefined) await judge(context, undefined)
    else await judge(context, overdue.signal.aborted ? overdue.signal.reason : demandFinding(thrown))
  } finally {
    clearTimeout(timer)
    // What a call makes after its check has failed or was interrupted is known, and can be removed, once it is over.
    await context.flights.over()
    if (run.keep) run.left.push(...context.resources.names)
    else run.left.push(...(await context.resources.removeAll()))
  }
}

/** @throws what is none of the things that checks throw: a defect of the suite */
function demandFinding(thrown: unknown): Finding {
  if (isFinding(thrown)) return thrown
  throw thrown
}

/** Seconds in which a check that was interrupted ends: its calls do by then, and it can make no more. */
const END = GRACE + KILL_GRACE + 1

/** Waits for the end of a check; no check may keep the run from ending, whatever it waits for beside its calls. */
async function settledOrGivenUp(work: Promise<void>, { signal }: Context): Promise<void> {
  const over = new AbortController()
  const givenUp = once(signal, 'abort', { signal: over.signal }).then(() =>
    delay(END * 1000, undefined, { signal: over.signal }),
  )
  try {
    await Promise.race([work, givenUp])
    signal.throwIfAborted()
  } finally {
    over.abort()
    givenUp.catch(() => {})
    // What goes on after it was given up has nobody to tell of its end.
    work.catch(() => {})
  }
}

/** Says something about every clause of a check that its run has not said anything about. */
function settle({ clauses }: Check, { run, calls }: Context, thrown: unknown): void {
  const open = clauses.filter((id) => run.selected(id) && !run.ledger.knows(id))
  const [first] = open
  if (first === undefined) return
  if (thrown === undefined)
    throw new Smapiv3Error('INTERNAL', `the check of ${clauses[0]} did not judge ${open.join(', ')}`)
  for (const id of open) {
    if (thrown instanceof Violation && id !== first) run.ledger.block(id, first)
    else run.ledger.enter(id, thrown, calls, 0)
  }
}

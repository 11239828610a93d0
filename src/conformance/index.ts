/**
 * The conformance suite: a verdict on any SMAPIv3 plugin that its author believes.
 *
 * **Clauses** (clauses.ts, clauses/) are the rules: one table row each, with a stable id such as `VOL-SNAPSHOT-003`, an RFC
 * 2119 level, what must hold, why, where the rule comes from, and what to do. The reference page docs/conformance.md is
 * generated from them. **Checks** (checks/) exercise them: a check is an async function that judges one or several clauses
 * on shared preparations; each `judge(id, body)` in it is independent of the others. Every clause is judged by a check, which
 * a test holds.
 *
 * **What a failure is.** A clause names the methods it is `about`. What its body finds wrong, and what those methods fail
 * with, is a failure of the clause. Where another method fails, which was only needed to get there, that is evidence
 * against that method's own clause (cause.ts), and this one *follows from* it: it is listed beside the cause and not counted
 * as a failure. The same holds for clauses named in `after`. So one fault in a plugin is one failure in the report.
 * A check whose method, feature or second SR is missing is *skipped*, and says what it needs.
 *
 * **Driving the plugin.** Only through {@link Host}: one script with one set of params for each call, without the host's
 * locks and shims, so that what is judged is the plugin. Every call is recorded: a failure comes with the exact command
 * line and stdin to repeat it by hand.
 *
 * **Safety.** The suite works on SRs and volumes that it made itself, under names of its own. What it makes is registered
 * before it is made (resources.ts) and removed last-in first-out, also when the run is interrupted; with `keep` it says
 * what it left. A plugin that hangs costs the deadline of a call a few times, then the method is not called again.
 *
 * **A run** (runner.ts): the files and the query, checks with an SR of their own, checks on the SR that all share, then,
 * alone, what looks for leaks. Checks of one phase run in parallel. All random choices derive from the seed and the check,
 * so that the same seed makes the same calls whatever the parallelism.
 */

export type { ClauseRow, Level, Subject } from './clause.ts'
export { LEVELS } from './clause.ts'
export { CHAPTERS, CLAUSE_IDS, CLAUSES, type ClauseId, isClauseId } from './clauses.ts'
export type { ClauseReport, Outcome, Report, Verdict } from './report.ts'
export { type ConformanceOptions, runConformance } from './runner.ts'

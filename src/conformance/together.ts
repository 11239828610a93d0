/**
 * Checks that share their preparations: what they are about is first looked at in one go, with as few calls as possible.
 * Where all of it holds, each of their clauses does; where anything does not, each check is run for itself and says what.
 */
import type { Check } from './check.ts'
import type { ClauseId } from './clauses.ts'
import type { Context } from './context.ts'

export interface Together {
  /** The checks, by the first of their clauses. None of them runs in the phase `alone`. */
  readonly checks: readonly ClauseId[]
  /**
   * Looks at everything that the checks look at, and throws what a check throws.
   * @returns the checks, by the first of their clauses, that it could not look at, which are then run for themselves
   */
  readonly run: (context: Context) => Promise<readonly ClauseId[] | undefined>
}

/**
 * The checks that go together, of those that are due, in the order in which the group names them; and those that are left.
 * @param long of those that are left the ones that take long, which come first
 */
export function grouped<C extends Check>(
  due: readonly C[],
  all: readonly Together[],
  long: readonly ClauseId[],
): { readonly groups: readonly (readonly [Together, readonly C[]])[]; readonly single: readonly C[] } {
  const groups = all
    .map((together) => [together, together.checks.flatMap((id) => due.filter(isOf(id)))] as const)
    .filter(([, checks]) => checks.length > 0)
  const taken = new Set(groups.flatMap(([, checks]) => checks))
  const single = due.filter((check) => !taken.has(check))
  const early = long.flatMap((id) => single.filter(isOf(id)))
  return { groups, single: [...early, ...single.filter((check) => !early.includes(check))] }
}

function isOf(id: ClauseId): (check: Check) => boolean {
  return ({ clauses: [first] }) => first === id
}

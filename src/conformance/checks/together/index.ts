/** Every group of checks that go together. */
import type { ClauseId } from '../../clauses.ts'
import type { Together } from '../../together.ts'
import { CHANGES_TOGETHER } from './changes.ts'
import { CONCURRENCY_TOGETHER } from './concurrency.ts'
import { COPIES_TOGETHER } from './copies.ts'
import { DISK_TOGETHER } from './disk.ts'
import { INPUT_TOGETHER } from './input.ts'
import { KILL_TOGETHER } from './kill.ts'
import { KILL_VOLUMES_TOGETHER } from './kill-volumes.ts'
import { LIVES_TOGETHER } from './lives.ts'
import { PROTOCOL_TOGETHER } from './protocol.ts'
import { RECORDS_TOGETHER } from './records.ts'

/** Checks that go with no others and take long, by the first of their clauses. */
export const LONG: readonly ClauseId[] = ['ROB-MANY-001', 'DP-STATE-001', 'VOL-SNAPSHOT-010']

/** Those that take longest first, so that none of them is left over at the end. */
export const TOGETHER: readonly Together[] = [
  COPIES_TOGETHER,
  DISK_TOGETHER,
  KILL_TOGETHER,
  KILL_VOLUMES_TOGETHER,
  RECORDS_TOGETHER,
  CONCURRENCY_TOGETHER,
  INPUT_TOGETHER,
  LIVES_TOGETHER,
  PROTOCOL_TOGETHER,
  CHANGES_TOGETHER,
]

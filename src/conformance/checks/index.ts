/** Every check. */
import type { Check } from '../check.ts'
import { CHANGE_CHECKS } from './changes.ts'
import { CONCURRENCY_CHECKS } from './concurrency.ts'
import { COPY_CHECKS } from './copies.ts'
import { DATA_CHECKS } from './data.ts'
import { DATA_COPY_CHECKS } from './data-copies.ts'
import { DATAPATH_CHECKS } from './datapath.ts'
import { FAILURE_CHECKS } from './failures.ts'
import { FILE_CHECKS } from './files.ts'
import { HOST_CHECKS } from './host.ts'
import { INPUT_CHECKS } from './input.ts'
import { KILL_CHECKS } from './kill.ts'
import { LEAK_CHECKS } from './leaks.ts'
import { PROPERTY_CHECKS } from './properties.ts'
import { PROTOCOL_CHECKS } from './protocol.ts'
import { QUERY_CHECKS } from './query.ts'
import { SR_CHECKS } from './sr.ts'
import { SECOND_SR_CHECKS, SR_LIFE_CHECKS } from './sr-life.ts'
import { VOLUME_CHECKS } from './volume.ts'

export const CHECKS: readonly Check[] = [
  ...FILE_CHECKS,
  ...QUERY_CHECKS,
  ...PROTOCOL_CHECKS,
  ...FAILURE_CHECKS,
  ...INPUT_CHECKS,
  ...SR_LIFE_CHECKS,
  ...SECOND_SR_CHECKS,
  ...SR_CHECKS,
  ...VOLUME_CHECKS,
  ...PROPERTY_CHECKS,
  ...COPY_CHECKS,
  ...DATAPATH_CHECKS,
  ...DATA_CHECKS,
  ...DATA_COPY_CHECKS,
  ...CHANGE_CHECKS,
  ...HOST_CHECKS,
  ...KILL_CHECKS,
  ...CONCURRENCY_CHECKS,
  ...LEAK_CHECKS,
]

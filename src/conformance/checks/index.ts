/** Every check. */
import type { Check } from '../check.ts'
import { FILE_CHECKS } from './files.ts'
import { QUERY_CHECKS } from './query.ts'

export const CHECKS: readonly Check[] = [...FILE_CHECKS, ...QUERY_CHECKS]

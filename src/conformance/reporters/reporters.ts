/** A report in each of its forms. */
import { stringifyJson } from '../../contract/json.ts'
import type { Report } from '../report.ts'
import { htmlReport } from './html/html.ts'
import { junitReport } from './junit.ts'
import { tapReport } from './tap.ts'
import { textReport } from './text.ts'

export const REPORTERS = {
  text: textReport,
  json: (report: Report) => `${stringifyJson(report)}\n`,
  junit: junitReport,
  tap: tapReport,
  html: htmlReport,
} as const satisfies Record<string, (report: Report) => string>

export type ReporterName = keyof typeof REPORTERS
export const REPORTER_NAMES = Object.keys(REPORTERS) as readonly ReporterName[]

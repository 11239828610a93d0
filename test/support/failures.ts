import { stripVTControlCharacters } from 'node:util'
import type { Reporter, TestModule } from 'vitest/node'

const LONGEST_LINE = 240

/**
 * The last lines of a run name each test that failed and the first line of its error: many machines keep only the end of a
 * long log, where Vitest's own summary has counts alone.
 */
export class FailuresLast implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) => [
      ...module.errors().map(({ message }) => ` ${module.relativeModuleId}: ${message}`),
      ...[...module.children.allTests('failed')].map(
        (test) => ` ${module.relativeModuleId} > ${test.fullName}: ${test.result().errors?.[0]?.message}`,
      ),
    ])
    if (lines.length > 0)
      process.once('exit', () => process.stderr.write(`\nFailed:\n${lines.map(firstLine).join('\n')}\n`))
  }
}

function firstLine(text: string): string {
  return (stripVTControlCharacters(text).split('\n')[0] ?? '').slice(0, LONGEST_LINE)
}

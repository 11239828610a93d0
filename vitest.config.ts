import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { FailuresLast } from './test/support/failures.js'

/** Tests that take long, whose files are too small for Vitest to see it. */
const LONG = /\/test\/(volume\.d|datapath\.d)\/|\/conformance\/(twins|bundled[^/]*)\.test\.ts$|\/(soak|help)\.test\.ts$/

/** Long ones first, so that the run does not end with a single worker that still has one to do. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', new FailuresLast()],
    sequence: { sequencer: LongestFirst },
    // Tests on servers wait as often as they compute.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Vitest's own second is too short for a process to start on a busy machine.
    expect: { poll: { timeout: 60_000 } },
    // NODE_EXTRA_CA_CERTS doubles the start of every Node process that a test runs.
    env: { NODE_EXTRA_CA_CERTS: '' },
  },
})

import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests on servers wait as often as they compute.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // NODE_EXTRA_CA_CERTS doubles the start of every Node process that a test runs.
    env: { NODE_EXTRA_CA_CERTS: '' },
  },
})

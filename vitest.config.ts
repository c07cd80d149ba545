import { defineConfig } from 'vitest/config'
import { ClosingLine } from './test/helpers/closing-line.ts'

/** `leasehold` means the sources here: tests run without a build. The rest are those of Vitest. */
const CONDITIONS = ['@leasehold/source', 'node', 'development']

/** It counts on both cores: beside others, workers would be killed before they come to anything. */
const ALONE = 'test/chaos/chaos.test.ts'

export default defineConfig({
  ssr: { resolve: { conditions: CONDITIONS, externalConditions: ['@leasehold/source'] } },
  test: {
    // Emulators are real processes on two cores: more workers only make them wait for each other.
    maxWorkers: 2,
    // Real emulators and child processes on a busy machine: a limit that only a hang reaches.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // A bench measures ten thousand parked processes; that their number does not matter shows with fewer.
    env: { BENCH_PARKED: '500' },
    allowOnly: false,
    reporters: ['default', new ClosingLine()],
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [ALONE],
          // One DynamoDB Local for all of them; each test file makes a table of its own in it.
          globalSetup: ['test/helpers/global-setup.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      // It starts emulators of its own, so that it can kill them.
      { extends: true, test: { name: 'alone', include: [ALONE], sequence: { groupOrder: 1 } } },
    ],
  },
})

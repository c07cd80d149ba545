import { defineConfig } from 'vitest/config'
import { ClosingLine } from './test/helpers/closing-line.ts'
import { OF_DYNAMODB_LOCAL, testStore } from './test/helpers/test-store.ts'

/** `leasehold` means the sources here: tests run without a build. The rest are those of Vitest. */
const CONDITIONS = ['@leasehold/source', 'node', 'development']

/** It counts on both cores: beside others, workers would be killed before they come to anything. */
const ALONE = 'test/chaos/chaos.test.ts'

/** The suites of DynamoDB Local run on the embedded store as it is: there is no need to run them on it twice. */
const ON_EMBEDDED = testStore() === 'embedded'

/**
 * Of the suites that run on DynamoDB Local, those that run on the embedded store as well: every operation of the store, all
 * that workers do, and a whole stack with its event source. The rest sends the same requests, for a minute of CPU time more.
 */
const ON_BOTH = [
  'test/conformance/dynamo.test.ts',
  'test/conformance/worker.dynamo.test.ts',
  'test/local/status-events/status-events.test.ts',
  'test/local/resources.test.ts',
  'test/e2e/status-events.test.ts',
]

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
          exclude: [ALONE, ...(ON_EMBEDDED ? OF_DYNAMODB_LOCAL : [])],
          // One store for all of them; each test file makes a table of its own in it.
          globalSetup: ['test/helpers/global-setup.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      // On DynamoDB Local alone, a fault of the embedded store would show to users first.
      ...(ON_EMBEDDED
        ? []
        : [
            {
              extends: true as const,
              test: {
                name: 'embedded',
                include: [...ON_BOTH],
                globalSetup: ['test/helpers/embedded-setup.ts'],
                sequence: { groupOrder: 0 },
              },
            },
          ]),
      // It starts emulators of its own, so that it can kill them.
      { extends: true, test: { name: 'alone', include: [ALONE], sequence: { groupOrder: 1 } } },
    ],
  },
})

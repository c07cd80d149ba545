import { defineConfig } from 'vitest/config'
import { ClosingLine } from './test/helpers/closing-line.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // One DynamoDB Local for the whole run; each test file makes a table of its own in it.
    globalSetup: ['test/helpers/global-setup.ts'],
    // Emulators are real processes on two cores: more workers only make them wait for each other.
    maxWorkers: 2,
    // Real emulators and child processes on a busy machine: a limit that only a hang reaches.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    allowOnly: false,
    reporters: ['default', new ClosingLine()],
  },
})

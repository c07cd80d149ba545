import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node'

type Tally = {
  readonly passed: number
  readonly failed: number
  readonly complaints: readonly string[]
}

/**
 * Ends the output with one plain line, `N passed, N failed`, for machines that read it. A run counts as failed, in the
 * line and in the exit code, where a test was skipped, a file could not be loaded, an error got away, or nothing ran.
 */
export class ClosingLine implements Reporter {
  #filtered = false

  onInit(vitest: Vitest): void {
    this.#filtered = vitest.config.testNamePattern !== undefined
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const { passed, failed, complaints } = tally(modules, unhandled.length, this.#filtered)
    // At exit, since reporters and teardowns may still print after a run has ended.
    process.once('exit', () => {
      process.stdout.write([...complaints, `${passed} passed, ${failed} failed`].join('\n') + '\n')
      if (failed > 0) process.exitCode = 1
    })
  }
}

/** What a run came to. `filtered`: tests were chosen by name, so the others are left out on purpose. */
function tally(modules: readonly TestModule[], unhandled: number, filtered: boolean): Tally {
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const count = (state: string) => tests.filter((test) => test.result().state === state).length
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()])
  const bad: readonly (readonly [number, string])[] = [
    [filtered ? 0 : count('skipped'), 'skipped or never run, which proves nothing'],
    [count('pending'), 'begun and not ended'],
    [
      suites.filter((suite) => suite.errors().length > 0).length,
      'files or suites broken outside their tests',
    ],
    [unhandled, 'errors that no code caught'],
    [count('passed') + count('failed') === 0 ? 1 : 0, 'run in which no test ran'],
  ]
  const found = bad.filter(([times]) => times > 0)
  return {
    passed: count('passed'),
    failed: count('failed') + found.reduce((sum, [times]) => sum + times, 0),
    complaints: found.map(([times, what]) => `${times} ${what}: counted as failed`),
  }
}

import type { TestProject } from 'vitest/node'
import { provide } from './global-setup.ts'

/** The same, always on the embedded store: for the suites that run on both. */
export function setup(project: TestProject): Promise<() => Promise<void>> {
  return provide(project, 'embedded')
}

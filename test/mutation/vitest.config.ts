import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vitest/config'
import { mutantOf, withMutant } from './mutant.ts'
import { ROOT } from './load.ts'

/** The quick suites with one mutant in the library. The stages name the files to run. */
const mutant = mutantOf(process.env)

function planted(): Plugin {
  return {
    name: 'leasehold-mutant',
    enforce: 'pre',
    load(id) {
      if (mutant === undefined || id.split('?')[0] !== join(ROOT, mutant.file)) return null
      return withMutant(readFileSync(join(ROOT, mutant.file), 'utf8'), mutant)
    },
  }
}

const CONDITIONS = ['@leasehold/source', 'node', 'development']

export default defineConfig({
  root: ROOT,
  plugins: [planted()],
  ssr: { resolve: { conditions: CONDITIONS, externalConditions: ['@leasehold/source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    maxWorkers: 1,
    // Its keys know nothing of the mutant: a file of the library would be the one of an earlier run, with or without a mutant.
    fsModuleCache: false,
    // One worker for all files: starting one for each would take longer than most of them do.
    isolate: false,
    bail: 1,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['dot'],
    // The embedded store starts in a tenth of the time of DynamoDB Local.
    globalSetup: [join(ROOT, 'test/helpers/embedded-setup.ts')],
  },
})

import type { BuildOptions } from 'esbuild'
import { moduleFile } from './module-file.ts'
import { RESOLVING } from './resolving.ts'

// How a handler becomes one file, said once: for CDK, for `npm run size` and for the local stack, which runs the same
// files that are deployed.

/** This package's own handlers. */
export const ENTRIES = {
  worker: moduleFile(import.meta, '../../functions/worker'),
  sweep: moduleFile(import.meta, '../../functions/sweep'),
  api: moduleFile(import.meta, '../../functions/api'),
  statusEvents: moduleFile(import.meta, '../../functions/status-events'),
} as const
/** Instead of `statusEvents` in a stack with a bucket for large values. */
export const STATUS_EVENTS_WITH_BUCKET = moduleFile(import.meta, '../../functions/status-events-with-bucket')

const TARGET = 'node24'
/** ES modules first: CommonJS builds of the AWS clients cannot be pruned, and make the worker 628 KB instead of 392. */
const MAIN_FIELDS = ['module', 'main']
/**
 * Inside the repository this file is TypeScript, and nothing may be built yet: an entry that imports this package gets its sources
 * then. esbuild adds `module` by itself only where no condition is named.
 */
const CONDITIONS = import.meta.filename.endsWith('.ts') ? ['@leasehold/source', 'module'] : ['module']
/**
 * CommonJS modules use these three, which an ES module does not have. The import has a name that no author chooses: two of one
 * name in a file are a syntax error.
 */
const BANNER = `import { createRequire as leaseholdRequire } from 'node:module'; const require = leaseholdRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`

/**
 * Errors are recorded and logged with the names of their classes. Minified, an author's `CardDeclined` would be `Ue` in
 * the journal of one deploy and `Ke` in that of the next.
 */
const KEEP_NAMES = true

/** What of a bundle its user chooses. */
export type BundleChoice = {
  readonly entry: string
  /** Packages that are left out: a layer has them, or they are installed beside the bundle. */
  readonly external?: readonly string[]
}

/** The options as esbuild takes them; the result stays in memory, with what went into it. */
export function esbuildOptions(
  chosen: string | BundleChoice,
): BuildOptions & { write: false; metafile: true } {
  const { entry, external = [] } = typeof chosen === 'string' ? { entry: chosen } : chosen
  return {
    entryPoints: [entry],
    outfile: 'index.mjs',
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: TARGET,
    minify: true,
    keepNames: KEEP_NAMES,
    sourcemap: true,
    sourcesContent: false,
    mainFields: MAIN_FIELDS,
    conditions: CONDITIONS,
    // The SDK of the runtime changes under a deployed function, and loads more slowly than what is pruned here.
    external: [...external],
    plugins: [RESOLVING],
    banner: { js: BANNER },
    logLevel: 'silent',
    write: false,
    metafile: true,
  }
}

import { join } from 'node:path'
import type { BuildOptions } from 'esbuild'

// How a handler becomes one file, said once: for CDK, for `npm run size` and for the local stack, which runs the same
// files that are deployed.

const FUNCTIONS = join(import.meta.dirname, '../../functions')
/** This package's own handlers. */
export const ENTRIES = {
  worker: join(FUNCTIONS, 'worker.ts'),
  sweep: join(FUNCTIONS, 'sweep.ts'),
  api: join(FUNCTIONS, 'api.ts'),
  outcomes: join(FUNCTIONS, 'outcomes.ts'),
} as const

export const TARGET = 'node24'
/** ES modules first: CommonJS builds of the AWS clients cannot be pruned, and make the worker 628 KB instead of 392. */
export const MAIN_FIELDS = ['module', 'main']
/** Dependencies that are still CommonJS call `require`, which an ES module does not have. */
export const BANNER = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`

/**
 * Errors are recorded and logged with the names of their classes. Minified, an author's `CardDeclined` would be `Ue` in
 * the journal of one deploy and `Ke` in that of the next.
 */
export const KEEP_NAMES = true

/**
 * In Lambda credentials always come from the environment. The chain that looks for them elsewhere (profiles, single
 * sign-on, instance metadata, each with clients of its own) is 136 KB, a quarter of the worker, and is left out. So is
 * the discovery of endpoints, 9 KB that no request of DynamoDB's client asks for.
 */
export const ALIAS = {
  '@aws-sdk/credential-provider-node': join(import.meta.dirname, '../cdk/lambda-credentials.ts'),
  '@aws-sdk/middleware-endpoint-discovery': join(import.meta.dirname, '../cdk/no-endpoint-discovery.ts'),
}

/** The options as esbuild takes them; the result stays in memory, with what went into it. */
export function esbuildOptions(entry: string): BuildOptions & { write: false; metafile: true } {
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
    alias: ALIAS,
    banner: { js: BANNER },
    logLevel: 'silent',
    write: false,
    metafile: true,
  }
}

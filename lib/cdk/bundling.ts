import { join } from 'node:path'
import { type BundlingOptions, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { BuildOptions } from 'esbuild'

// How a handler becomes one file, said once: what is deployed is what `npm run size` measures.
//
// Classes keep their names: those of errors are recorded with a failure and looked for by authors, and a name that the
// minifier chose is another one after the next deploy.

const FUNCTIONS = join(import.meta.dirname, '../../functions')
/** This package's own handlers. */
export const ENTRIES = { worker: join(FUNCTIONS, 'worker.ts'), sweep: join(FUNCTIONS, 'sweep.ts') } as const

const TARGET = 'node24'
/** ES modules first: CommonJS builds of the AWS clients cannot be pruned, and make the worker 628 KB instead of 392. */
const MAIN_FIELDS = ['module', 'main']
/** Dependencies that are still CommonJS call `require`, which an ES module does not have. */
const BANNER = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`

/**
 * In Lambda credentials always come from the environment. The chain that looks for them elsewhere (profiles, single
 * sign-on, instance metadata, each with clients of its own) is 136 KB, a quarter of the worker, and is left out.
 */
const ALIAS = { '@aws-sdk/credential-provider-node': join(import.meta.dirname, 'lambda-credentials.ts') }

/** The options as CDK takes them. Needs no Docker: esbuild is a dependency of whoever synthesises. */
export function cdkBundling(): BundlingOptions {
  return {
    format: OutputFormat.ESM,
    target: TARGET,
    minify: true,
    keepNames: true,
    // A file beside the code. Node would read it at every cold start if told to (25 ms); our logger reads it at an error.
    sourceMap: true,
    sourceMapMode: SourceMapMode.DEFAULT,
    sourcesContent: false,
    // The SDK of the runtime changes under a deployed function, and loads more slowly than what is pruned here.
    externalModules: [],
    mainFields: MAIN_FIELDS,
    banner: BANNER,
    esbuildArgs: Object.fromEntries(Object.entries(ALIAS).map(([name, file]) => [`--alias:${name}`, file])),
    forceDockerBundling: false,
  }
}

/** The same, as esbuild takes them; the result stays in memory, with what went into it. */
export function esbuildOptions(entry: string): BuildOptions & { write: false; metafile: true } {
  return {
    entryPoints: [entry],
    outfile: 'index.mjs',
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: TARGET,
    minify: true,
    keepNames: true,
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

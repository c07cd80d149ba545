import { type BundlingOptions, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs'
import { ALIAS, BANNER, KEEP_NAMES, MAIN_FIELDS, TARGET } from '../bundle/options.ts'

export { ENTRIES } from '../bundle/options.ts'

/** The options of a bundle as CDK takes them. Needs no Docker: esbuild is a dependency of whoever synthesises. */
export function cdkBundling(): BundlingOptions {
  return {
    format: OutputFormat.ESM,
    target: TARGET,
    minify: true,
    keepNames: KEEP_NAMES,
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

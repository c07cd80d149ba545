import { createHash } from 'node:crypto'
import { writeFile, mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build, context, type BuildResult, type OutputFile } from 'esbuild'
import {
  filesIn,
  toBuildIssues,
  programOptions,
  type BuildIssue,
  type Program,
  type ProgramOptions,
} from './programs.ts'

/** Bundles as files. `files`: absolute paths of all that went in. `hash`: of the bundles and their maps. */
export type Built = {
  readonly paths: { readonly [program in Program]?: string }
  readonly files: readonly string[]
  readonly hash: string
}
export type BuildOutcome = Built | { readonly issues: readonly BuildIssue[] }

/** Bundles once, into a new folder below `folder`. */
export async function buildOnce(options: ProgramOptions, folder: string): Promise<BuildOutcome> {
  try {
    return await outcomeOf(await build(programOptions(options)), options, folder)
  } catch (error) {
    return { issues: issuesIn(error, options) }
  }
}

/** A failed build is an error with what is wrong; any other error is of esbuild itself. */
function issuesIn(error: unknown, { root }: ProgramOptions): readonly BuildIssue[] {
  const { errors } = error as { readonly errors?: BuildResult['errors'] }
  if (errors === undefined) throw error
  return toBuildIssues(errors, root)
}

/**
 * Bundles now, and again after each change of a file that the bundles are made of, or of one that they lack. esbuild looks for
 * changes. Each outcome is handed to `onBuilt`, the first one included.
 */
export async function watchBuilds(
  options: ProgramOptions,
  folder: string,
  onBuilt: (outcome: BuildOutcome) => void,
): Promise<{ stop(): Promise<void> }> {
  const { plugins = [], ...rest } = programOptions(options)
  const watching = await context({
    ...rest,
    plugins: [
      ...plugins,
      {
        name: 'leasehold-builds',
        setup(built) {
          built.onEnd(async (result) => onBuilt(await outcomeOf(result, options, folder)))
        },
      },
    ],
  })
  await watching.watch()
  return { stop: () => watching.dispose() }
}

async function outcomeOf(
  { errors, outputFiles = [], metafile }: BuildResult,
  { root, programs }: ProgramOptions,
  folder: string,
): Promise<BuildOutcome> {
  if (errors.length > 0) return { issues: toBuildIssues(errors, root) }
  const hash = hashOf(outputFiles)
  // Of their own, since a worker reads the map of its bundle as late as it has an error to show.
  const place = join(folder, hash.slice(0, 16))
  await mkdir(place, { recursive: true })
  await Promise.all(outputFiles.map(({ path, contents }) => writeFile(join(place, basename(path)), contents)))
  const paths = Object.fromEntries(programs.map((program) => [program, join(place, `${program}.mjs`)]))
  return { paths, files: filesIn(metafile, root), hash }
}

function hashOf(files: readonly OutputFile[]): string {
  const hash = createHash('sha256')
  for (const { path, contents } of files) hash.update(basename(path)).update(contents)
  return hash.digest('hex')
}

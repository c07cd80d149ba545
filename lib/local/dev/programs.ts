import { relative, resolve } from 'node:path'
import type { BuildOptions, Message, Metafile, Plugin } from 'esbuild'
import { moduleFile } from '../../bundle/module-file.ts'
import { esbuildOptions } from '../../bundle/options.ts'

// The programs that a module of definitions is bundled into: the handlers that a user's app would write by hand, and the
// check of new code.

export type Program = 'worker' | 'api' | 'check'

const NAMESPACE = 'leasehold-program'
const WORKER = moduleFile(import.meta, '../../worker/lambda')
const API = moduleFile(import.meta, '../../api/lambda')
const CHECK = moduleFile(import.meta, './check-program')

/** Modules of the project that export `handler`. Absent: made of the definitions. */
export type OwnHandlers = { readonly worker?: string; readonly api?: string }

function sourceOf(program: Program, entry: string, own: OwnHandlers): string {
  const from = JSON.stringify(entry)
  const written = program === 'check' ? undefined : own[program]
  if (written !== undefined) return `export { handler } from ${JSON.stringify(written)}`
  switch (program) {
    case 'worker':
      return `import { workerHandler } from ${JSON.stringify(WORKER)}
import { definitions } from ${from}
export const handler = workerHandler({ definitions })`
    case 'api':
      return `import { apiHandler } from ${JSON.stringify(API)}
import { definitions } from ${from}
export const handler = apiHandler({ definitions })`
    case 'check':
      // Loaded by the program, which reports a module that throws as it loads.
      return `import { check } from ${JSON.stringify(CHECK)}
await check(() => import(${from}))`
  }
}

export type ProgramOptions = {
  /** Absolute path of the module that exports `definitions`. */
  readonly entry: string
  /** Places in the author's code are named from this folder on. */
  readonly root: string
  readonly programs: readonly Program[]
  readonly handlers?: OwnHandlers
  /** Bundles for a debugger: as they were written, with maps that lead to the files. */
  readonly debuggable?: boolean
}

/** How the programs are bundled: as they are deployed, each into `<root>/<program>.mjs`, which is not written. */
export function programOptions(asked: ProgramOptions): BuildOptions {
  const { entry, root, programs, handlers = {}, debuggable = false } = asked
  const { outfile: _one, plugins = [], ...options } = esbuildOptions(entry)
  return {
    ...options,
    entryPoints: Object.fromEntries(programs.map((program) => [program, `${NAMESPACE}:${program}`])),
    absWorkingDir: root,
    outdir: root,
    outExtension: { '.js': '.mjs' },
    plugins: [...plugins, programsOf({ entry, root, handlers })],
    ...(debuggable ? { minify: false, sourceRoot: `${root}/` } : {}),
  }
}

function programsOf({
  entry,
  root,
  handlers,
}: Pick<ProgramOptions, 'entry' | 'root'> & { readonly handlers: OwnHandlers }): Plugin {
  return {
    name: NAMESPACE,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${NAMESPACE}:`) }, ({ path }) => ({
        path: path.slice(NAMESPACE.length + 1),
        namespace: NAMESPACE,
      }))
      build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
        contents: sourceOf(path as Program, entry, handlers),
        resolveDir: root,
        loader: 'js',
      }))
    },
  }
}

/** Absolute paths of all files that went into the bundles. */
export function filesIn(metafile: Metafile | undefined, root: string): readonly string[] {
  return Object.keys(metafile?.inputs ?? {})
    .filter((path) => !path.startsWith(`${NAMESPACE}:`))
    .map((path) => resolve(root, path))
}

/** What is wrong with code that was not taken, and where: `src/order.ts:12:5`. */
export type BuildIssue = { readonly at?: string; readonly text: string }

/** What esbuild complains of. A place in a program of ours is none of the author's. */
export function toBuildIssues(messages: readonly Message[], root: string): readonly BuildIssue[] {
  return messages.map(({ location, text }) => {
    if (location === null || location.namespace === NAMESPACE) return { text }
    const file = relative(root, resolve(root, location.file))
    return { at: `${file}:${location.line}:${location.column + 1}`, text }
  })
}

import type { Json } from '../model/json.ts'

/** A file of a new project, by its path with slashes. */
export type ProjectFile = { readonly path: string; readonly text: string }
export type Manifest = { readonly [key: string]: Json }

export type InitPlan = {
  /** Files that are not there yet. */
  readonly create: readonly ProjectFile[]
  /** package.json with what it lacked, if the folder has one that lacks something. */
  readonly change: ProjectFile | undefined
  /** What is there already and stays as it is: paths, and keys of package.json. */
  readonly leave: readonly string[]
}

export type PlanInput = {
  readonly files: readonly ProjectFile[]
  /** The package.json of a new project. */
  readonly manifest: Manifest
  /** The files that the folder has. */
  readonly existing: ReadonlySet<string>
  /** Its package.json, if it has one. */
  readonly found?: Manifest
}

const MANIFEST = 'package.json'

/** What to write so that the folder becomes a project, and none of its files is overwritten. */
export function planProject({ files, manifest, existing, found }: PlanInput): InitPlan {
  const create = files.filter(({ path }) => !existing.has(path))
  const left = files.filter(({ path }) => existing.has(path)).map(({ path }) => path)
  if (found === undefined) {
    const whole = { path: MANIFEST, text: written(manifest) }
    return { create: [whole, ...create], change: undefined, leave: left }
  }
  const { merged, kept } = withMissing(found, withoutHandlers(manifest, existing))
  const text = written(merged)
  const change = text === written(found) ? undefined : { path: MANIFEST, text }
  return { create, change, leave: [...kept.map((key) => `${MANIFEST}: ${key}`), ...left] }
}

/** A file of the project's own at the place of a handler may be anything: the manifest does not name it as one. */
function withoutHandlers(manifest: Manifest, existing: ReadonlySet<string>): Manifest {
  const named = Object.entries(groupOf(manifest, 'leasehold'))
  const ours = named.filter(([, path]) => typeof path !== 'string' || !existing.has(path))
  return { ...manifest, leasehold: Object.fromEntries(ours) }
}

/** Groups of names, each of which is added for itself. */
const GROUPS: readonly string[] = ['scripts', 'dependencies', 'devDependencies', 'leasehold']

/** The manifest with the names of each group that it lacks; and those that it has with another value. */
function withMissing(found: Manifest, wanted: Manifest): { merged: Manifest; kept: readonly string[] } {
  const kept: string[] = []
  const merged: Record<string, Json> = { ...found }
  for (const group of GROUPS) {
    const [has, adds] = [groupOf(found, group), groupOf(wanted, group)]
    // A package may be in the other group already.
    const elsewhere = !group.endsWith('ependencies')
      ? {}
      : { ...groupOf(found, 'dependencies'), ...groupOf(found, 'devDependencies') }
    const missing = Object.entries(adds).filter(([name]) => !(name in has) && !(name in elsewhere))
    kept.push(
      ...Object.keys(adds)
        .filter((name) => name in has && has[name] !== adds[name])
        .map((name) => `${group}.${name}`),
    )
    if (missing.length > 0) merged[group] = { ...has, ...Object.fromEntries(missing) }
  }
  return { merged, kept }
}

function groupOf(manifest: Manifest, group: string): Manifest {
  const value = manifest[group]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

function written(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`
}

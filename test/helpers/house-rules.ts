import { posix } from 'node:path'

// The house rules that no linter knows. Each is a function of one file and of what stands around it, so that each can be
// shown to fire on a sample.

export type SourceFile = { readonly path: string; readonly text: string }
type Breach = { readonly line: number; readonly fix: string }
export type Rule = {
  /** Files that the rule looks at. */
  readonly looksAt: (path: string) => boolean
  readonly breaches: (file: SourceFile, paths: ReadonlySet<string>) => readonly Breach[]
}

/** Which rooms of lib/ a room may import from. Data flows one way, so imports do too. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  telemetry: ['model'],
  registry: ['model'],
  // Signed requests to services of AWS, without the SDK's middleware.
  aws: ['model', 'registry'],
  effects: ['model', 'registry'],
  queue: ['model', 'telemetry'],
  host: ['model', 'telemetry', 'registry', 'effects', 'queue', 'aws'],
  sweep: ['model', 'telemetry', 'registry', 'queue', 'host'],
  worker: ['model', 'registry', 'effects', 'telemetry', 'queue', 'host', 'sweep'],
  client: ['model', 'registry', 'effects', 'telemetry', 'queue', 'host'],
  api: ['model', 'registry', 'effects', 'telemetry', 'queue', 'host', 'client'],
  'status-events': ['model', 'registry', 'telemetry', 'queue', 'host'],
  // What is deployed and what runs on this machine are the same files.
  bundle: ['aws'],
  local: [
    'model',
    'registry',
    'effects',
    'telemetry',
    'queue',
    'host',
    'client',
    'status-events',
    'bundle',
    'testing',
  ],
  // The files of a new project.
  init: ['model'],
  // A page in the browser and its server, which asks the API and nothing else.
  console: ['model', 'registry', 'client', 'api', 'local'],
  // The command: of the rest only what runs on a developer's machine, and no infrastructure.
  cli: [
    'model',
    'registry',
    'effects',
    'telemetry',
    'queue',
    'host',
    'client',
    'api',
    'status-events',
    'bundle',
    'local',
    'testing',
    'init',
    'console',
  ],
  cdk: ['model', 'registry', 'effects', 'telemetry', 'queue', 'client', 'status-events', 'bundle'],
  // Virtual clocks and the like, for our tests and for those of users.
  testing: ['model', 'registry', 'effects', 'telemetry', 'queue', 'host', 'sweep', 'worker', 'client'],
  s3: ['model', 'registry'],
  // The public door. Infrastructure goes out by a door of its own, so that no worker bundles it.
  'index.ts': ['model', 'registry', 'effects', 'telemetry', 'queue', 'host', 'sweep', 'worker', 'client'],
}
/**
 * Folders inside a room. `imports`: what they may import of their own room beside themselves; `.` is the room's own folder.
 * `users`: the other rooms that may import from them. The room's own folder may import from each.
 */
export const SUBROOMS: Readonly<
  Record<string, { readonly imports: readonly string[]; readonly users: readonly string[] }>
> = {
  'model/errors': { imports: ['.'], users: [] },
  'registry/store': { imports: ['.'], users: ['aws', 'host', 'local', 'status-events'] },
  'registry/codec': { imports: ['.', 'store'], users: ['local', 'status-events'] },
  'registry/operations': { imports: ['.', 'store', 'codec'], users: [] },
  'effects/engine': { imports: ['.'], users: ['host', 'worker', 'testing'] },
  'client/http': { imports: ['.'], users: ['cli', 'cdk', 'console'] },
  'api/routes': { imports: ['.'], users: [] },
  'local/dev': { imports: ['.'], users: ['cli'] },
  'local/embedded': { imports: ['.'], users: [] },
  'local/gateway': { imports: ['.'], users: ['cli'] },
  'local/status-events': { imports: ['.'], users: [] },
  'console/app': { imports: ['.'], users: [] },
  'cli/specs': { imports: ['.'], users: [] },
  'cli/commands': { imports: ['.', 'specs'], users: [] },
  'cli/dev': { imports: ['.', 'specs'], users: [] },
}
/** How many files a room of lib may have, with its folders. A room that needs more is two rooms, or has files too small. */
const FILES_MAX: Readonly<Record<string, number>> = { registry: 45, worker: 20 }
/** Folders beside lib/, and what they may import apart from lib/ and themselves. */
const OUTER: Readonly<Record<string, readonly string[]>> = {
  functions: [],
  examples: ['functions'],
  bin: ['functions'],
  bench: ['functions', 'examples', 'bin', 'test'],
}
const CLOCK_OR_CHANCE =
  /\b(?:Date\.now|performance\.now|Math\.random|randomUUID|randomBytes|randomInt)\b|new Date\(\)/g
const CLOCK_CHANCE_OR_TIMER = new RegExp(
  `${CLOCK_OR_CHANCE.source}|\\b(?:setTimeout|setInterval|setImmediate)\\b`,
  'g',
)
/** Programs of this repository that package.json leaves out of what is published. */
const NOT_PUBLISHED: ReadonlySet<string> = new Set(['bin/app.ts', 'bin/openapi.ts'])
/** Folders of tests about the whole: no single source file is theirs. */
export const OWN_SUITES: readonly string[] = [
  'bench',
  'chaos',
  'conformance',
  'docs',
  'e2e',
  'fuzz',
  'helpers',
  'iam',
  'language',
  'package',
  'security',
  'mutation',
  'simulation',
  'template',
  'types',
  'upgrade',
]
/** Classes that each realm has its own of. Those of the library are the same in all. */
const OF_THIS_REALM =
  /\binstanceof (?:Error|TypeError|SyntaxError|AggregateError|Date|Promise|Map|Set|Array|Object|AbortSignal|Uint8Array)\b|=== Object\.prototype\b/g
const IMPORT = /(?:\bfrom\s+|\bimport\s*\(?\s*)'(\.[^']+)'/g
/** Imports that are loaded with their file. A call of `import()` loads later, so a circle over it does no harm. */
const STATIC_IMPORT = /(?:\bfrom\s+|\bimport\s+)'(\.[^']+)'/g
/** A module that a text names by its path. */
const NAMED_PATH = /\bmoduleFile\(\s*import\.meta,\s*['`](\.[^'`]+)['`]/g
/** Rooms that name modules of other folders by path: what is bundled, and what a command runs. */
const NAMES_PATHS_OF: Readonly<Record<string, readonly string[]>> = {
  bundle: ['functions'],
  cli: ['examples'],
}
/** Rooms of lib whose modules a room bundles for a process of its own, and never loads itself. */
const BUNDLES_OF: Readonly<Record<string, readonly string[]>> = { local: ['worker', 'api'] }

/** A path of a module in a text: the package has JavaScript there. An import is rewritten at the build. */
const PATH_OF_SOURCE = /(?<!\bfrom\s+|\bimport\s*\(?\s*)'[^'\n]*[\w-]\.ts'/g

export const RULES = {
  doors: {
    looksAt: (path) => !path.startsWith('test/') && path.includes('/'),
    breaches: ({ path, text }) =>
      [
        ...found(withoutComments(text), IMPORT).map((each) => ({ ...each, may: mayImport })),
        ...found(withoutComments(text), NAMED_PATH).map((each) => ({ ...each, may: mayName })),
      ].flatMap(({ line, may, groups: [target = ''] }) => {
        const to = posix.join(posix.dirname(path), target)
        return may(path, to)
          ? []
          : [{ line, fix: `${roomOf(path)} must not import ${roomOf(to)}: move what they share down` }]
      }),
  },
  'a module is named without its ending': {
    looksAt: (path) => /^(lib|functions|bin)\//.test(path) && !NOT_PUBLISHED.has(path),
    breaches: ({ text }) =>
      found(withoutComments(text), PATH_OF_SOURCE).map(({ line, match }) => ({
        line,
        fix: `${match}: the package has JavaScript there, so use moduleFile(import.meta, …)`,
      })),
  },
  'time and chance are arguments': {
    looksAt: (path) =>
      /^(lib|functions)\//.test(path) &&
      !/^lib\/(local\/|testing\/|cli\/dev\/|host\/system\.ts$|console\/app\/browser\.ts$)/.test(path),
    breaches: ({ path, text }) => {
      const code = withoutTexts(withoutComments(text))
      // The body of a step is its author's: it may wait for a busy service. It may not read a clock, which a replay would.
      const isAuthors = path.startsWith('functions/processes/')
      const fix = isAuthors
        ? 'use context.now(), random() or uuid(), or read it in a step'
        : 'take a Clock or a Chance as an argument'
      return found(code, isAuthors ? CLOCK_OR_CHANCE : CLOCK_CHANCE_OR_TIMER).map(({ line, match }) => ({
        line,
        fix: `${match}: ${fix}`,
      }))
    },
  },
  'a number has its reason': {
    looksAt: (path) => /^lib\/model\/limits(-\w+)?\.ts$/.test(path),
    breaches: ({ text }) =>
      found(text, /(?<!\*\/\n)^export const (\w+)/gm).map(({ line, groups: [name] }) => ({
        line,
        fix: `${name} needs a docstring: unit, and why it is what it is`,
      })),
  },
  'a value has no realm': {
    // Those five rooms are programs of their own, which no runner loads into a realm.
    looksAt: (path) => /^lib\/(?!local\/|bundle\/|cdk\/|cli\/|console\/|model\/realm\.ts$)/.test(path),
    breaches: ({ text }) =>
      found(withoutComments(text), OF_THIS_REALM).map(({ line, match }) => ({
        line,
        fix: `${match}: use lib/model/realm.ts, since a runner of tests may have two realms`,
      })),
  },
  'a test is named once': {
    looksAt: isTest,
    breaches: ({ text }) => {
      const names = found(text, TEST_NAME)
      const first = new Map(names.toReversed().map(({ groups: [, name], line }) => [name, line]))
      return names.flatMap(({ line, groups: [, name] }) =>
        first.get(name) === line
          ? []
          : [{ line, fix: `"${name}" is named in line ${first.get(name)} too: say what differs` }],
      )
    },
  },
  'a test states what is': {
    looksAt: isTest,
    breaches: ({ text }) =>
      found(text, TEST_NAME)
        .filter(({ groups: [, name = ''] }) => /\bshould\b/i.test(name))
        .map(({ line, groups: [, name] }) => ({
          line,
          fix: `"${name}": the present tense, without "should"`,
        })),
  },
  'every test runs': {
    looksAt: isTest,
    breaches: ({ text }) =>
      found(text, /\b(?:test|it|describe)(?:\.\w+)*\.(skip|only|todo|skipIf|runIf|fails)\b/g).map(
        ({ line, groups: [how] }) => ({
          line,
          fix: `.${how}: run it, or remove it`,
        }),
      ),
  },
  'a test stands where its source does': {
    looksAt: isTest,
    breaches: ({ path }, paths) => {
      if (path === 'test/tidy.test.ts' || OWN_SUITES.some((folder) => path.startsWith(`test/${folder}/`)))
        return []
      // `lease.test.ts`, or `lease.takeover.test.ts` where one file of tests would be too long.
      const source = path.replace(/^test\//, '').replace(/(\.[\w-]+)?\.test\.ts$/, '.ts')
      return paths.has(source) || paths.has(`lib/${source}`)
        ? []
        : [{ line: 1, fix: `there is no lib/${source} and no ${source}: name it after what it tests` }]
    },
  },
} as const satisfies Record<string, Rule>

const TEST_NAME = /^\s*(?:test|it)(?:\.\w+)*\(\s*(['"`])((?:(?!\1).)*)\1/gm

function isTest(path: string): boolean {
  return path.startsWith('test/') && path.endsWith('.test.ts')
}

function mayImport(from: string, to: string): boolean {
  const [folder = '', room = ''] = from.split('/')
  const [toFolder = '', toRoom = ''] = to.split('/')
  if (folder !== 'lib')
    return toFolder === folder || toFolder === 'lib' || (OUTER[folder] ?? []).includes(toFolder)
  if (toFolder !== 'lib') return false
  const [own, its] = [subroomOf(from), subroomOf(to)]
  if (room !== toRoom)
    return (
      (DOORS[room] ?? []).includes(toRoom) && (SUBROOMS[`${toRoom}/${its}`]?.users.includes(room) ?? true)
    )
  return own === '.' || own === its || (SUBROOMS[`${room}/${own}`]?.imports.includes(its) ?? true)
}

function mayName(from: string, to: string): boolean {
  const [, room = ''] = from.split('/')
  const [toFolder = '', toRoom = ''] = to.split('/')
  if (toFolder === 'lib' && (BUNDLES_OF[room] ?? []).includes(toRoom)) return true
  return mayImport(from, `${to}.ts`) || (NAMES_PATHS_OF[room] ?? []).includes(toFolder)
}

function roomOf(path: string): string {
  const [folder = '', room = ''] = path.split('/')
  const subroom = subroomOf(path)
  if (folder !== 'lib') return `${folder}/`
  return subroom === '.' ? `lib/${room}` : `lib/${room}/${subroom}`
}

/** The folder of a file inside its room of lib/; `.` is the room's own. */
function subroomOf(path: string): string {
  const [, , subroom = '', ...rest] = path.split('/')
  return rest.length === 0 ? '.' : subroom
}

/** Rooms of lib with more files than they may have. */
export function crowdedRooms(paths: readonly string[]): readonly string[] {
  return Object.entries(FILES_MAX).flatMap(([room, most]) => {
    const files = paths.filter((path) => path.startsWith(`lib/${room}/`) && path.endsWith('.ts')).length
    return files > most
      ? [`lib/${room} has ${files} files, at most ${most}: merge those that change together`]
      : []
  })
}

/**
 * Files that import each other in a circle, also if only for types: none of them can be read, moved or tested without the
 * others. Each circle is a list of paths in the order in which they import.
 */
export function circlesIn(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const imports = new Map(
    files.map(({ path, text }) => [
      path,
      found(withoutComments(text), STATIC_IMPORT).map(({ groups: [target = ''] }) =>
        posix.join(posix.dirname(path), target),
      ),
    ]),
  )
  const circles: (readonly string[])[] = []
  const done = new Set<string>()
  const visit = (path: string, above: readonly string[]): void => {
    const at = above.indexOf(path)
    if (at >= 0) circles.push(above.slice(at))
    if (at >= 0 || done.has(path)) return
    for (const target of imports.get(path) ?? []) visit(target, [...above, path])
    done.add(path)
  }
  for (const path of imports.keys()) visit(path, [])
  return circles
}

type Found = { readonly line: number; readonly match: string; readonly groups: readonly string[] }

function found(text: string, pattern: RegExp): Found[] {
  return [...text.matchAll(pattern)].map((match) => {
    // A match may begin with the blank lines before it.
    const at = match.index + (match[0].length - match[0].trimStart().length)
    return { line: text.slice(0, at).split('\n').length, match: match[0].trim(), groups: match.slice(1) }
  })
}

/** The code with its comments blanked and its lines kept. */
function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1')
}

function withoutTexts(code: string): string {
  return code.replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
}

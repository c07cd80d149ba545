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
  effects: ['model', 'registry'],
  queue: ['model', 'telemetry'],
  host: ['model', 'telemetry', 'registry', 'effects', 'queue'],
  sweep: ['model', 'telemetry', 'registry', 'queue', 'host'],
  worker: ['model', 'registry', 'effects', 'telemetry', 'queue', 'host', 'sweep'],
  client: ['model', 'registry', 'effects', 'telemetry', 'queue', 'host'],
  api: ['model', 'registry', 'effects', 'telemetry', 'queue', 'host', 'client'],
  'status-events': ['model', 'registry', 'telemetry', 'queue', 'host'],
  // What is deployed and what runs on this machine are the same files.
  bundle: [],
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
  ],
  cdk: ['model', 'registry', 'effects', 'telemetry', 'queue', 'client', 'status-events', 'bundle'],
  // Virtual clocks and the like, for our tests and for those of users.
  testing: ['model', 'registry', 'effects', 'telemetry', 'queue', 'host', 'sweep', 'worker', 'client'],
  s3: ['model', 'registry'],
  // The public door. Infrastructure goes out by a door of its own, so that no worker bundles it.
  'index.ts': ['model', 'registry', 'effects', 'telemetry', 'queue', 'host', 'sweep', 'worker', 'client'],
}
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
/** Classes that each realm has its own of. Those of the library are the same in all. */
const OF_THIS_REALM =
  /\binstanceof (?:Error|TypeError|SyntaxError|AggregateError|Date|Promise|Map|Set|Array|Object|AbortSignal|Uint8Array)\b|=== Object\.prototype\b/g
const IMPORT = /(?:\bfrom\s+|\bimport\s*\(?\s*)'(\.[^']+)'/g

/** A path of a module in a text: the package has JavaScript there. An import is rewritten at the build. */
const PATH_OF_SOURCE = /(?<!\bfrom\s+|\bimport\s*\(?\s*)'[^'\n]*[\w-]\.ts'/g

export const RULES = {
  doors: {
    looksAt: (path) => !path.startsWith('test/') && path.includes('/'),
    breaches: ({ path, text }) =>
      found(withoutComments(text), IMPORT).flatMap(({ line, groups: [target = ''] }) => {
        const to = posix.join(posix.dirname(path), target)
        return mayImport(path, to)
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
      /^(lib|functions)\//.test(path) && !/^lib\/(local\/|testing\/|cli\/dev\/|host\/system\.ts$)/.test(path),
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
    // Those four rooms are programs of their own, which no runner loads into a realm.
    looksAt: (path) => /^lib\/(?!local\/|bundle\/|cdk\/|cli\/|model\/realm\.ts$)/.test(path),
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
      if (
        /^test\/(conformance|simulation|chaos|fuzz|security|template|e2e|types|helpers|docs|language|bench|package)\/|^test\/tidy\.test\.ts$/.test(
          path,
        )
      )
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
  return toFolder === 'lib' && (room === toRoom || (DOORS[room] ?? []).includes(toRoom))
}

function roomOf(path: string): string {
  const [folder = '', room = ''] = path.split('/')
  return folder === 'lib' ? `lib/${room}` : `${folder}/`
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

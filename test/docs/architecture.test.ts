import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROUTES } from '../../lib/api/routes/index.ts'
import { DOORS } from '../helpers/house-rules.ts'
import {
  anchorsIn,
  commandsIn,
  declares,
  headingsIn,
  identifiersIn,
  mapRows,
  namesInProse,
  pathsIn,
  sentencesIn,
  wordsIn,
  type MapRow,
} from '../helpers/pages.ts'
import { wordsIn as listedWordsIn } from '../language/rules.ts'
import { PLANTED } from '../simulation/mutations/planted.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'test/README.md'] as const
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

const SENTENCE_WORDS_MAX = 25
const SENTENCE_WORDS_MEDIAN = 16

const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }
const ROOMS = readdirSync(join(ROOT, 'lib'), { withFileTypes: true }).filter((entry) => entry.isDirectory())

const TESTS = sourcesIn('test')
/** All words of the code, in texts and names. */
const WORDS = new Set(
  [...TESTS, ...sourcesIn('lib'), ...sourcesIn('bench')].flatMap((text) => text.match(/\w+/g) ?? []),
)

/** What happens to a process, each with a table of its own. */
const TRIPS = [
  'The rows in DynamoDB',
  'Start by a client or the API',
  'Start by a message',
  'Claim',
  'A step on its first run',
  'A step on a replay',
  'Park',
  'Wake-up',
  'A cancel is asked for',
  'Where a cancel is noticed',
  'A signal arrives',
  'A signal is taken',
  'A child starts',
  'A child ends',
  'Sweep and take-over',
  'The end of a process',
  'From the stream to status events',
]

describe.each(PAGES)('%s', (page) => {
  const text = read(page)

  test('names files, folders and links that exist', () => {
    const bases = [ROOT, join(ROOT, dirname(page))]
    const missing = pathsIn(text).filter((path) => !bases.some((base) => existsSync(join(base, path))))
    expect(missing).toEqual([])
  })

  test('links to headings that exist', () => {
    const missing = anchorsIn(text).filter(({ path, anchor }) => {
      const target = path === '' ? page : join(dirname(page), path)
      return !headingsIn(read(target)).includes(anchor)
    })
    expect(missing).toEqual([])
  })

  test('names functions, classes and members that their files declare', () => {
    expect([...mapRows(text), ...namesInProse(text)].flatMap(missingIn)).toEqual([])
  })

  test('names no identifier that the code does not have', () => {
    expect(identifiersIn(text).filter((name) => !WORDS.has(name))).toEqual([])
  })

  test('shows commands that the package has, with options that they take', () => {
    expect(commandsIn(text).flatMap(issueOfCommand)).toEqual([])
  })

  test('keeps its sentences short and names their actors', () => {
    const sentences = sentencesIn(text)
    expect(sentences.filter((sentence) => wordsIn(sentence) > SENTENCE_WORDS_MAX)).toEqual([])
    expect(listedWordsIn(sentences.join('\n'))).toEqual([])
    const words = sentences.map(wordsIn).toSorted((a, b) => a - b)
    expect(words[Math.floor(words.length / 2)]).toBeLessThanOrEqual(SENTENCE_WORDS_MEDIAN)
  })
})

describe('ARCHITECTURE.md', () => {
  const page = read('ARCHITECTURE.md')

  test.each(TRIPS)('has a table of files and functions under "%s"', (trip) => {
    const [, section = ''] = page.split(`\n## ${trip}\n`)
    const [own = ''] = section.split('\n## ')
    expect(mapRows(own).length).toBeGreaterThanOrEqual(5)
  })

  test.each(ROOMS.map(({ name }) => name))(
    'has a paragraph for lib/%s with the rooms it may import',
    (room) => {
      const paragraph = new RegExp(`^### \`lib/${room}\`\nImports: ([\\w, -]+)\\.\n\n(?:.+\n)+`, 'm').exec(
        page,
      )
      expect(paragraph?.[0]).toMatch(/\bnever\b|\bNo /)
      expect(paragraph?.[1]?.replace('nothing', '')).toBe(DOORS[room]?.join(', '))
    },
  )
})

test('CONTRIBUTING.md shows each script of package.json', () => {
  const shown = PAGES.flatMap((page) => commandsIn(read(page)))
  const isShown = (name: string): boolean =>
    shown.some((line) => new RegExp(`\\bnpm (?:run )?${name}(?: |$)`).test(line))
  expect(Object.keys(scripts).filter((name) => !isShown(name))).toEqual([])
})

describe('a page that is wrong is found:', () => {
  const source = `export class OwnedProcess {\n  get row(): Row {\n    #took\n  }\n  async #took(a: A): Promise<void> {}\n}\nfunction other() {}`

  test('a function or a member that the file does not declare', () => {
    const found = [
      'OwnedProcess',
      'OwnedProcess.row',
      'OwnedProcess.#took',
      'other',
      'OwnedProcess.took',
      'OwnedProcess.other',
      'took',
      'OwnedProc',
    ]
    expect(found.filter((name) => !declares(source, name))).toEqual([
      'OwnedProcess.took',
      'OwnedProcess.other',
      'took',
      'OwnedProc',
    ])
  })

  test('a file or a function that was moved, and a row of another form', () => {
    const table = '| file | function |\n| --- | --- |\n'
    const gone = '| `lib/worker/gone.ts` | `OwnedProcess` |'
    const moved = '| `lib/worker/owned-process.ts` | `OwnedProcess.gone` |'
    expect(
      mapRows(`${table}${gone}\n${moved}\n| owned-process.ts | OwnedProcess |`).flatMap(missingIn),
    ).toEqual([
      'lib/worker/gone.ts: no such file',
      'lib/worker/owned-process.ts: declares no OwnedProcess.gone',
      'expected one path and some names in: | owned-process.ts | OwnedProcess |',
    ])
    expect(namesInProse('`Gone` in `lib/worker/owned-process.ts`').flatMap(missingIn)).toHaveLength(1)
    expect(pathsIn('see `lib/gone.ts`, [it](docs/gone.md#a) and `step.ts x`')).toEqual([
      'lib/gone.ts',
      'docs/gone.md',
    ])
  })

  test.each([
    'npm run gone',
    'npm run simulate -- --sed 1',
    'npm run simulate -- --plant "no such bug"',
    'npx vitest run test/gone.test.ts',
    'npx vitest run test/tidy.test.ts -t "no test has this name"',
    'npx gone',
    'curl "$API/v1/gone"',
    'rm -rf build',
  ])('the command %s', (command) => {
    expect(commandsIn(`\`\`\`sh\n${command}  # why\n\`\`\``).flatMap(issueOfCommand)).toHaveLength(1)
  })

  test('an identifier, and none that is a word of English', () => {
    const page =
      'the `ownerOf`, `OwnedProcess.renew`, `LEASE_TTL_MS`, `Waits`, `running`, `npm ci` and `P#<id>`'
    expect(identifiersIn(page)).toEqual(['ownerOf', 'OwnedProcess', 'renew', 'LEASE_TTL_MS', 'Waits'])
  })

  test('a link to a heading that is not there', () => {
    expect(headingsIn('# Of `lib`, and more\n```sh\n# not one\n```\n')).toEqual(['of-lib-and-more'])
    expect(anchorsIn('[a](#of-lib) [b](docs/b.md#c) [d](e.md)')).toEqual([
      { path: '', anchor: 'of-lib' },
      { path: 'docs/b.md', anchor: 'c' },
    ])
  })

  test('a sentence that is too long', () => {
    const page = `# A heading\n\nOne sentence. Two\nlines \`of code\` are.\n- An item\n\n| a cell | two |\n`
    expect(sentencesIn(page).map(wordsIn)).toEqual([2, 4, 2, 2, 1])
  })
})

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('architecture.test.ts'))
    .map((path) => read(`${folder}/${path}`))
}

function missingIn({ path, names, issue }: MapRow): readonly string[] {
  if (issue !== undefined) return [issue]
  if (!existsSync(join(ROOT, path))) return [`${path}: no such file`]
  const source = read(path)
  return names.filter((name) => !declares(source, name)).map((name) => `${path}: declares no ${name}`)
}

/** Programs of the machine that the pages may use as they are. */
const OUTSIDE = /^(?:git|aws) /

function issueOfCommand(line: string): readonly string[] {
  const command = line.replace(/^(?:[A-Z_]+=\S+ )+/, '')
  return isKnown(command) ? [] : [`not a command of this package: ${line}`]
}

function isKnown(command: string): boolean {
  const [, script] = /^npm run ([\w:]+)/.exec(command) ?? /^npm (test|start)\b/.exec(command) ?? []
  if (script !== undefined) return scriptTakes(script, command)
  if (command.startsWith('npx vitest run ')) return testsExist(command)
  if (command.startsWith('curl ')) return routesExist(command)
  return command === 'npm ci' || OUTSIDE.test(command)
}

function scriptTakes(script: string, command: string): boolean {
  const runs = scripts[script]
  if (runs === undefined) return false
  const [, path] = /node ([\w./-]+\.ts)/.exec(runs) ?? []
  const source = script === 'start' ? read('lib/cli/specs/dev.ts') : path === undefined ? '' : read(path)
  const [, plant] = /--plant "([^"]+)"/.exec(command) ?? []
  const options = [...command.matchAll(/ --([a-z-]+)/g)].map(([, option = '']) => option)
  const isTaken = (option: string): boolean => new RegExp(`\\b${option}'?: (\\{ type|\\w+\\()`).test(source)
  return options.every(isTaken) && (plant === undefined || isPlanted(plant))
}

function isPlanted(part: string): boolean {
  return PLANTED.filter(({ name }) => name.includes(part)).length === 1
}

function testsExist(command: string): boolean {
  const [, paths = '', pattern = ''] = /^npx vitest run ([^"]+?)(?: -t "(.+)")?$/.exec(command) ?? []
  const names = pattern.split(' > ').map((name) => name.replaceAll(/^> | >$/g, ''))
  return (
    paths.split(' ').every((path) => existsSync(join(ROOT, path))) &&
    names.every((name) => TESTS.some((text) => text.includes(name)))
  )
}

function routesExist(command: string): boolean {
  const [, asked = ''] = /(\/v1\/[\w/.-]+)/.exec(command) ?? []
  return ROUTES.some(({ path }) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[\\w.-]+')}$`).test(asked))
}

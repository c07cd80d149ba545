// Readers for the pages that map the code: which files, functions, commands and sentences a page has.

/** A row of a table with the columns `file` and `function`; `flaw` says why it cannot be read. */
export type MapRow = { readonly path: string; readonly names: readonly string[]; readonly issue?: string }

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm
const CODE = /`([^`\n]+)`/g
const PATH = /^(?:lib|test|bin|bench|docs|examples|functions|\.ci)\/[\w./-]*$|^[\w.-]+\.(?:json|md|ts)$/
const NAME = /^#?\w+(?:\.#?\w+)?$/
/** Lines that this code can be declared in; the name follows. */
const DECLARED = '^(?:export )?(?:abstract )?(?:async )?(?:function\\*?|class|const|interface|type) '
const MODIFIERS = '(?:private |readonly |static |async |get |\\*)*'

/** The rows of all tables that have the columns `file` and `function`. */
export function mapRows(page: string): readonly MapRow[] {
  let columns: { file: number; names: number } | undefined
  return page.split('\n').flatMap((line): MapRow[] => {
    if (!line.startsWith('|')) {
      columns = undefined
      return []
    }
    const cells = cellsOf(line)
    if (cells.includes('file') && cells.includes('function')) {
      columns = { file: cells.indexOf('file'), names: cells.indexOf('function') }
      return []
    }
    return columns === undefined || /^[\s|:-]+$/.test(line) ? [] : [rowOf(line, cells, columns)]
  })
}

function rowOf(line: string, cells: readonly string[], at: { file: number; names: number }): MapRow {
  const [path = '', ...others] = codeIn(cells[at.file] ?? '')
  const names = codeIn(cells[at.names] ?? '')
  const isRead = PATH.test(path) && others.length === 0 && names.length > 0 && names.every(isName)
  return isRead ? { path, names } : { path, names, issue: `expected one path and some names in: ${line}` }
}

/** What a page says in prose as "`name` in `path`". */
export function namesInProse(page: string): readonly MapRow[] {
  return [...proseOf(page).matchAll(/`([^`\n]+)` in `([^`\n]+)`/g)].flatMap(([, name = '', path = '']) =>
    isName(name) && PATH.test(path) ? [{ path, names: [name] }] : [],
  )
}

/** Every path that a page names: in code spans, and as the target of a link. */
export function pathsIn(page: string): readonly string[] {
  const text = proseOf(page)
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target = '']) => target)
  return [...new Set([...codeIn(text).filter((code) => PATH.test(code)), ...linked])]
}

/** Links to headings: the page they lead to (empty for the same page) and the heading's name in the address. */
export function anchorsIn(page: string): readonly { readonly path: string; readonly anchor: string }[] {
  return [...proseOf(page).matchAll(/\]\((?!https?:)([^)#\s]*)#([\w-]+)\)/g)].map(
    ([, path = '', anchor = '']) => ({ path, anchor }),
  )
}

/** The names of a page's headings, as addresses have them. */
export function headingsIn(page: string): readonly string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** Names of code in code spans: those with a capital letter. A dot joins an owner and its member. */
export function identifiersIn(page: string): readonly string[] {
  const names = codeIn(proseOf(page)).filter((code) => isName(code) && !PATH.test(code) && /[A-Z]/.test(code))
  return [...new Set(names.flatMap((name) => name.replaceAll('#', '').split('.')))]
}

/** True if the source declares the function, class or constant; or for `Class.member`, that member of it. */
export function declares(source: string, name: string): boolean {
  const [owner = '', member] = name.split('.')
  const declared = new RegExp(`${DECLARED}${owner}\\b`, 'm').exec(source)
  if (declared === null || member === undefined) return declared !== null
  const [body = ''] = source.slice(declared.index).split(/^\}/m)
  return new RegExp(`^  ${MODIFIERS}${member}(?:[<(?]|: |\\b\\s*=)`, 'm').test(body)
}

/** The lines of all shell blocks, without comments. */
export function commandsIn(page: string): readonly string[] {
  return [...page.matchAll(FENCE)]
    .filter(([, language]) => language === 'sh')
    .flatMap(([, , text = '']) => text.replaceAll(/\s*\\\n\s*/g, ' ').split('\n'))
    .map((line) => line.replace(/(?:^|\s{2,})#.*$/, '').trim())
    .filter((line) => line !== '')
}

/** Sentences of a page: of paragraphs, list items and table cells. Headings and blocks of code have none. */
export function sentencesIn(page: string): readonly string[] {
  const lines = proseOf(page)
    .replaceAll(/\]\([^)\s]+\)/g, ']')
    .split('\n')
  const cells = lines.filter((line) => line.startsWith('|')).flatMap(cellsOf)
  const text = lines.map((line) => (/^\||^#|^[\s|:-]*$/.test(line) ? '' : line)).join('\n')
  const blocks = text.split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )/)
  return [...blocks, ...cells]
    .flatMap((block) => block.replaceAll(/\s+/g, ' ').split(/(?<=[.!?](?:\*\*)?) (?=[A-Z`*[("])/))
    .map((sentence) => sentence.replace(/^(?:[-*]|\d+\.) /, '').trim())
    .filter((sentence) => /\w/.test(sentence))
}

/** Code in a sentence counts as one word: it is read as one name. */
export function wordsIn(sentence: string): number {
  return sentence.replaceAll(CODE, 'code').split(/\s+/).length
}

function isName(code: string): boolean {
  return NAME.test(code)
}

function codeIn(text: string): string[] {
  return [...text.matchAll(CODE)].map(([, code = '']) => code)
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

function proseOf(page: string): string {
  return page.replaceAll(FENCE, '')
}

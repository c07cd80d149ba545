import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CsvFile, ROW_MAX_BYTES } from '../../../../examples/import/csv/csv-file.ts'
import { SEED } from '../../../helpers/fuzz.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'csv-file-'))
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0
async function onDisk(content: string | Buffer): Promise<string> {
  const path = join(folder, `${(files += 1)}.csv`)
  await writeFile(path, content)
  return path
}

/** All rows of a file, read in chunks of these sizes, the last size again and again. */
async function inChunks(path: string, sizes: readonly number[]) {
  const rows: (readonly string[])[] = []
  const { columns, nextOffset } = await (await opened(path)).header()
  let at = nextOffset
  for (let chunk = 0; ; chunk += 1) {
    // Opened anew each time, as a worker that took over would.
    await using file = await CsvFile.open(path)
    if (at >= file.bytes) return { columns, rows }
    const read = await file.rows(at, {
      count: sizes[Math.min(chunk, sizes.length - 1)]!,
      columns: columns.length,
    })
    expect(read.nextOffset).toBeGreaterThan(at)
    rows.push(...read.rows)
    at = read.nextOffset
  }
}

const open: CsvFile[] = []
async function opened(path: string): Promise<CsvFile> {
  const file = await CsvFile.open(path)
  open.push(file)
  return file
}
afterAll(async () => {
  for (const file of open) await file[Symbol.asyncDispose]()
})

// Hostile on purpose: everything that shifts an offset or ends a field too soon.
const PIECES = [
  'a',
  'b',
  ' ',
  ',',
  '"',
  '""',
  '\n',
  '\r\n',
  'é',
  '日本',
  '👩‍👩‍👧',
  '\u2028',
  '\uFFFD',
  '\uFEFF',
  "'",
  ';',
  '\t',
]
const cell = fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join(''))
const longCell = fc.integer({ min: 1, max: 40_000 }).map((length) => 'é'.repeat(length))
const eol = fc.constantFrom('\n', '\r\n')
const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
  fc.record({
    width: fc.constant(width),
    rows: fc.array(
      fc.record({
        cells: fc.array(fc.oneof({ weight: 12, arbitrary: cell }, longCell), {
          minLength: width,
          maxLength: width,
        }),
        eol,
        blank: fc.integer({ min: 0, max: 8 }).map((n) => (n === 0 ? 1 : 0)),
      }),
      { maxLength: 40 },
    ),
    bom: fc.boolean(),
    endsWithNewline: fc.boolean(),
    headerEol: eol,
  }),
)

function quoted(text: string): string {
  // An empty cell is quoted too: a row of one empty cell would else be an empty line.
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function csvOf(made: typeof table extends fc.Arbitrary<infer T> ? T : never): string {
  const header = Array.from({ length: made.width }, (_, index) => `column ${index}`).join(',')
  const lines = made.rows.map((row) => row.cells.map(quoted).join(',') + row.eol + row.eol.repeat(row.blank))
  const text = (made.bom ? '\uFEFF' : '') + header + made.headerEol + lines.join('')
  return made.endsWithNewline ? text : text.replace(/(\r?\n)+$/, '')
}

test('any chunking gives the rows that were written, in order, each once', async () => {
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
      async (made, sizes) => {
        const path = await onDisk(csvOf(made))
        const read = await inChunks(path, sizes)
        expect(read.rows).toEqual(made.rows.map((row) => row.cells))
        await rm(path)
      },
    ),
    { seed: SEED, numRuns: 300 },
  )
})

test(`any chunking gives the rows of one whole parse by the parser itself (SEED=${SEED})`, async () => {
  await fc.assert(
    fc.asyncProperty(table, fc.integer({ min: 1, max: 9 }), async (made, size) => {
      const text = csvOf(made)
      const whole: string[][] = parse(text, {
        bom: true,
        skip_empty_lines: true,
        record_delimiter: ['\r\n', '\n'],
      })
      const path = await onDisk(text)
      const read = await inChunks(path, [size])
      expect([read.columns, ...read.rows]).toEqual(whole)
      await rm(path)
    }),
    { seed: SEED, numRuns: 100 },
  )
})

test('a chunk ends at the byte where the next row begins, whatever the row holds', async () => {
  const rows = ['"日本, ""東京""\r\nline 2",é', 'plain,👩‍👩‍👧', ',']
  const text = `\uFEFFname,note\r\n${rows.join('\n')}\n`
  const file = await opened(await onDisk(text))
  const header = await file.header()
  expect(header).toEqual({ columns: ['name', 'note'], nextOffset: 3 + 11 })
  const first = await file.rows(header.nextOffset, { count: 1, columns: 2 })
  expect(first.rows).toEqual([['日本, "東京"\r\nline 2', 'é']])
  expect(first.nextOffset).toBe(14 + Buffer.byteLength(rows[0]!) + 1)
  const second = await file.rows(first.nextOffset, { count: 5, columns: 2 })
  expect(second).toEqual({
    rows: [
      ['plain', '👩‍👩‍👧'],
      ['', ''],
    ],
    nextOffset: file.bytes,
  })
})

test.each([
  ['a header only', 'a,b', []],
  ['empty lines only after the header', 'a,b\n\n\r\n\n', []],
  ['no newline at the end', 'a\n1', [['1']]],
])('a file with %s is read to its end', async (_, text, rows) => {
  expect((await inChunks(await onDisk(text), [1])).rows).toEqual(rows)
})

const invalid = Buffer.concat([
  Buffer.from('a,b\n1,2\n"x\ny",'),
  Buffer.from([0xc3, 0x28]),
  Buffer.from('\n'),
])
const bad: [string, string | Buffer, string, RegExp][] = [
  ['is empty', '', 'csv_malformed', /is empty/],
  ['holds only empty lines', '\n\n', 'csv_malformed', /is empty/],
  ['has two columns of one name', 'a,b,a\n', 'csv_malformed', /line 1 .*two columns are named a/],
  ['has a column named __proto__', 'a,__proto__\n', 'csv_malformed', /line 1 .*named __proto__/],
  ['has a column without a name', 'a,,b\n', 'csv_malformed', /line 1 .*column 2 has no name/],
  [
    'has a row with too few fields',
    'a,b\n1,2\n\n"x\r\ny",2\n3\n',
    'csv_malformed',
    /line 6 .*1 field, but the header has 2/,
  ],
  [
    'has a row with too many fields',
    'a,b\n1,2,3\n',
    'csv_malformed',
    /line 2 .*3 fields, but the header has 2/,
  ],
  ['never closes a quote', 'a,b\n1,2\n"3,4\n5,6\n', 'csv_malformed', /line 3 .*never closed/],
  ['has text after a closing quote', 'a,b\n1,2\n"3"x,4\n', 'csv_malformed', /line 3 .*closing quote/],
  ['has a quote inside a bare field', 'a,b\n1,2\n3,4"5\n', 'csv_malformed', /line 3 .*not quoted/],
  [
    'has a row that no table takes',
    `a,b\n1,2\n3,${'x'.repeat(ROW_MAX_BYTES + 1)}\n`,
    'csv_malformed',
    /line 3 .*longer/,
  ],
  [
    'has a row of multi-byte cells that no table takes',
    `a,b\n1,${'é'.repeat(ROW_MAX_BYTES / 2)}\n`,
    'csv_malformed',
    /line 2 /,
  ],
  ['is not UTF-8 in one row', invalid, 'csv_not_utf8', /line 3 is not UTF-8/],
  ['is Latin-1', Buffer.from('name\ncafé\n', 'latin1'), 'csv_not_utf8', /line 2 is not UTF-8/],
  ['is UTF-16', Buffer.from('\uFEFFa,b\n1,2\n', 'utf16le'), 'csv_not_utf8', /UTF-16/],
]

test.each(bad)(
  'a file that %s is refused with the line, however it is chunked',
  async (_, content, code, message) => {
    const path = await onDisk(content)
    for (const size of [1, 2, 1_000]) {
      await expect(inChunks(path, [size])).rejects.toMatchObject({
        name: 'BadCsv',
        code,
        message: expect.stringMatching(message),
      })
    }
  },
)

test('a row that cannot be read says nothing of the chunk before it', async () => {
  const file = await opened(await onDisk('a,b\n1,2\n3,4\n5\n'))
  expect(await file.rows(4, { count: 2, columns: 2 })).toEqual({
    rows: [
      ['1', '2'],
      ['3', '4'],
    ],
    nextOffset: 12,
  })
})

test('a missing file and a directory are named', async () => {
  await expect(CsvFile.open(join(folder, 'none.csv'))).rejects.toMatchObject({
    code: 'csv_missing',
    message: expect.stringContaining('none.csv'),
  })
  await expect(CsvFile.open(folder)).rejects.toMatchObject({
    code: 'csv_unreadable',
    message: expect.stringContaining('is a directory'),
  })
})

test('an abort stops the reading with its reason', async () => {
  const file = await opened(await onDisk('a\n1\n'))
  const reason = new Error('lease lost')
  await expect(file.rows(2, { count: 1, columns: 1, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

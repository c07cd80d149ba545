import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCsv, wholeNumber } from '../../../examples/import/make-csv.ts'

const run = promisify(execFile)
const SCRIPT = join(import.meta.dirname, '../../../examples/import/make-csv.ts')
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'make-csv-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('the same seed makes the same file, another seed another', async () => {
  const texts = []
  for (const seed of [1, 1, 2]) {
    texts.push(await readFile(await makeCsv(join(folder, 'seeded.csv'), { rows: 300, seed }), 'utf8'))
  }
  expect(texts[0]).toBe(texts[1])
  expect(texts[0]).not.toBe(texts[2])
})

test('the file has as many rows as asked for, each numbered, with all that makes CSV hard', async () => {
  const text = await readFile(await makeCsv(join(folder, 'hard.csv'), { rows: 4_321 }), 'utf8')
  const records: string[][] = parse(text)
  const rows = records.slice(1)
  expect(rows.map((row) => row[0])).toEqual(
    Array.from({ length: 4_321 }, (_, index) => `A-${String(index + 1).padStart(7, '0')}`),
  )
  const cells = rows.flat()
  for (const hard of [',', '"', '\n', '\r\n', 'é', '東', '📦']) {
    expect(
      cells.some((cell) => cell.includes(hard)),
      JSON.stringify(hard),
    ).toBe(true)
  }
})

test('the script writes a whole file or none, and reports wrong arguments', async () => {
  const path = join(folder, 'script', 'out.csv')
  const { stdout } = await run(process.execPath, [SCRIPT, '--rows', '5', path])
  expect(stdout).toBe(`${path}: 5 rows\n`)
  expect(await readdir(join(folder, 'script'))).toEqual(['out.csv'])
  const wrong = [[], ['--rows', 'many', path], ['--row', '5', path], [path, path]]
  for (const args of wrong) {
    await expect(run(process.execPath, [SCRIPT, ...args]), args.join(' ')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('usage: npx node examples/import/make-csv.ts'),
    })
  }
})

test.each(['', '-1', '1.5', '1e3', ' 7', '99999999999999999999'])('%j is no whole number', (text) => {
  expect(() => wholeNumber(text, 'rows')).toThrow(
    `--rows: expected a whole number, got ${JSON.stringify(text)}`,
  )
})

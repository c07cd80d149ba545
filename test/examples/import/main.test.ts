import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { runExample, workerEntry } from '../../../examples/import/main.ts'
import { makeCsv } from '../../../examples/import/make-csv.ts'
import { startLocalStack, type LocalStack } from '../../../lib/local/stack.ts'

// Short, so that nothing waits long for a lease to be over; not so short that a busy machine loses one it still needs.
const TIMINGS = { leaseTtlMs: 3_000, renewEveryMs: 1_000, sweepEveryMs: 500 }

let folder = ''
let stack: LocalStack
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-example-'))
  stack = await startLocalStack({
    name: 'import-example',
    dynamoEndpoint: inject('dynamoEndpoint'),
    timings: TIMINGS,
    workerEntry,
  })
})
afterAll(async () => {
  await stack.stop()
  await rm(folder, { recursive: true })
})

/** Runs the example as the command line does, and answers what a person would see of it. */
async function run(file: string, on = stack): Promise<{ code: number; printed: string }> {
  const { out, printed } = screen()
  const code = await runExample(on, { file, values: {}, out })
  return { code, printed: printed() }
}

function screen() {
  const out = new PassThrough({ encoding: 'utf8' })
  let text = ''
  out.on('data', (part: string) => (text += part))
  return { out, printed: () => text }
}

async function fileOf(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

test('a file is imported, shown and counted; asked again, nothing is imported twice', async () => {
  const file = await makeCsv(join(folder, 'orders.csv'), { rows: 2_345 })
  const first = await run(file)
  expect(first.printed).toMatch(/^importing .*orders\.csv as import-[0-9a-f]{16}$/m)
  expect(first.printed).toMatch(/^worker processes: \d+/m)
  expect(first.printed).toMatch(/^100% {2}2,345 rows$/m)
  expect(first.printed).toMatch(/^table: 2,345 rows, checksum ([0-9a-f]{16}) /m)
  expect(first.printed).toMatch(/^every row is there exactly once$/m)
  expect(first.code).toBe(0)
  const again = await run(file)
  expect(again.printed).toMatch(/^import-[0-9a-f]{16} is completed already: nothing is imported again$/m)
  expect(again.code).toBe(0)
})

test('a file with a header only is an import of no rows', async () => {
  const { code, printed } = await run(await fileOf('header.csv', 'a,b\n'))
  expect(printed).toMatch(/^table: 0 rows, checksum 0{16} /m)
  expect(code).toBe(0)
})

test('without a file one is made of as many rows as asked for', async () => {
  const { out, printed } = screen()
  expect(await runExample(stack, { values: { rows: '12' }, out })).toBe(0)
  expect(printed()).toMatch(/^file: {2}12 rows/m)
  expect(await runExample(stack, { values: { rows: 'a dozen' }, out })).toBe(1)
  expect(printed()).toContain('--rows: expected a whole number, got "a dozen"')
})

const bad: [string, string | Buffer, RegExp][] = [
  [
    'malformed',
    'a,b\n1,2\n"x\ny",2\n3\n',
    /the row at line 5 cannot be read: 1 field, but the header has 2 \[csv_malformed\]/,
  ],
  ['not UTF-8', Buffer.from('a\ncafé\n', 'latin1'), /the row at line 2 is not UTF-8.* \[csv_not_utf8\]/],
  ['empty', '', /is empty.* \[csv_malformed\]/],
]
test.each(bad)(
  'a file that is %s ends its process failed, with the reason and exit code 1',
  async (name, content, reason) => {
    const file = await fileOf(`${name}.csv`, content)
    const first = await run(file)
    expect(first.printed).toMatch(/^import failed: /m)
    expect(first.printed).toMatch(reason)
    expect(first.code).toBe(1)
    // An ended process stays as it is, so another try is another process.
    const again = await run(file)
    expect(again.printed).toMatch(/^(import-[0-9a-f]{16}) ended failed earlier\nimporting .* as \1\.2$/m)
    expect(again.printed).toMatch(reason)
  },
)

test.each([
  ['missing', 'none.csv', /no file at .*none\.csv/],
  ['a directory', '.', /is a directory/],
])('a file that is %s is reported before anything starts', async (_, name, reason) => {
  const { code, printed } = await run(join(folder, name))
  expect(printed).toMatch(reason)
  expect(printed).not.toContain('importing')
  expect(code).toBe(1)
})

test(
  'a stack that comes up again on its data continues with the import where it was',
  { timeout: 180_000 },
  async () => {
    // Five chunks of a thousand rows: the stack stops after the first ones, long before the last.
    const file = await fileOf(
      'kept.csv',
      `n\n${Array.from({ length: 5_000 }, (_, row) => `${row}\n`).join('')}`,
    )
    const start = () => startLocalStack({ dataDir: join(folder, 'data'), timings: TIMINGS, workerEntry })
    const first = await start()
    const { out, printed } = screen()
    const broken = runExample(first, { file, values: {}, out }).catch(() => 'broken')
    while (!/^\d+% {2}/m.test(printed())) await pause(20)
    await first.stop()

    const second = await start()
    try {
      const { code, printed } = await run(file, second)
      expect(printed).toMatch(/^import-[0-9a-f]{16} exists already \(running\): it continues where it was$/m)
      expect(printed).toMatch(/^its worker is gone: another took over after row [1-4],000 \(fence \d+\)$/m)
      expect(printed).toMatch(/^every row is there exactly once$/m)
      expect(code).toBe(0)
      expect(await broken).toBe('broken')
    } finally {
      await second.stop()
    }
  },
)

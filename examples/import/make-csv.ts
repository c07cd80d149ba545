import { createWriteStream } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'

export const DEFAULT_ROWS = 100_000
const DEFAULT_SEED = 1
/** Rows made at once: a few hundred kilobytes of text. */
const BLOCK_ROWS = 2_000

const COLUMNS = ['order', 'placed', 'customer', 'city', 'item', 'quantity', 'price', 'note']
const FIRST = [
  'Ana',
  'Bo',
  'Chloë',
  'Dmitri',
  'Eun-ji',
  'Fatima',
  'Günther',
  'Hana',
  'Íris',
  'José',
  '陽子',
  'Zoë',
]
const LAST = [
  'Ångström',
  "D'Arcy",
  'García',
  'Müller',
  'Nguyễn',
  'O"Neil',
  'Saint-Exupéry',
  '田中',
  'Smith, Jr.',
  'Жукова',
]
const CITIES = [
  'Lisboa',
  'Kraków',
  'Москва',
  '東京',
  'São Paulo',
  'Zürich',
  'Washington, DC',
  'القاهرة',
  'Tel Aviv',
]
const ITEMS = [
  'desk',
  'chair',
  'lamp, brass',
  '27" screen',
  'kettle',
  'café table',
  'bücherregal',
  'tea set 🍵',
]
const NOTES = [
  '',
  '',
  '',
  'gift',
  'leave with "the neighbour"',
  'Ring twice.\nThen call.',
  'two parcels:\r\n1) lamp\r\n2) shade',
  'frágil 📦, this side up',
]

/**
 * Writes a CSV file of orders: deterministic from the seed, with everything that makes CSV hard — commas, quotes and
 * line breaks in quoted fields, text beyond ASCII and beyond 16 bits. Answers with its absolute path. The file
 * appears under its name only once it is whole.
 */
export async function makeCsv(path: string, options: { rows?: number; seed?: number } = {}): Promise<string> {
  const { rows = DEFAULT_ROWS, seed = DEFAULT_SEED } = options
  const whole = resolve(path)
  const part = `${whole}.${process.pid}.part`
  await mkdir(dirname(whole), { recursive: true })
  await pipeline(Readable.from(blocks(rows, seed)), createWriteStream(part))
  await rename(part, whole)
  return whole
}

function* blocks(rows: number, seed: number): Generator<string> {
  const random = mulberry32(seed)
  yield line(COLUMNS)
  for (let first = 1; first <= rows; first += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, rows - first + 1)
    yield Array.from({ length: count }, (_, index) => line(order(first + index, random))).join('')
  }
}

function order(number: number, random: () => number): string[] {
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? ''
  const day = new Date(Date.UTC(2026, 0, 1) + Math.floor(random() * 365) * 86_400_000)
  return [
    `A-${String(number).padStart(7, '0')}`,
    day.toISOString().slice(0, 10),
    `${pick(FIRST)} ${pick(LAST)}`,
    pick(CITIES),
    pick(ITEMS),
    String(1 + Math.floor(random() * 9)),
    (1 + random() * 500).toFixed(2),
    pick(NOTES),
  ]
}

function line(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`
}

/** A small, well spread generator of numbers in [0, 1): the same file for the same seed, on every machine. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number from a command line. Throws with what was expected. */
export function wholeNumber(text: string, name: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw new RangeError(`--${name}: expected a whole number, got ${JSON.stringify(text)}`)
}

const USAGE = `usage: npx node examples/import/make-csv.ts [--rows N] [--seed N] FILE\n`

async function main(): Promise<number> {
  const options = { rows: { type: 'string' }, seed: { type: 'string' } } as const
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    const [path] = positionals
    if (path === undefined || positionals.length > 1) throw new Error('expected one file to write')
    const rows = wholeNumber(values.rows ?? String(DEFAULT_ROWS), 'rows')
    const made = await makeCsv(path, { rows, seed: wholeNumber(values.seed ?? String(DEFAULT_SEED), 'seed') })
    process.stdout.write(`${made}: ${rows} rows\n`)
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
    return 1
  }
}

if (import.meta.main) process.exitCode = await main()

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startSqs } from '../lib/local/sqs.ts'
import { startStore } from '../lib/local/store.ts'
import { FIGURES, isFigure, type FigureName, type Turn } from './peers/figures.ts'
import { bundleWorker, startLeasehold } from './peers/leasehold.ts'
import { MEASURES } from './peers/measures.ts'
import { reportOf, told } from './peers/report.ts'
import { installRestate, PeerMissing, startRestate } from './peers/restate.ts'
import { idsIn, type Amounts, type Side } from './peers/side.ts'
import { recordProcess, startRaw } from './raw.ts'

// `npm run bench:peers`: Leasehold on each store, Restate, and what DynamoDB Local gives to bare HTTP clients. All are up at once and
// take turns, so that what else the machine does meets them alike: compare figures of one run only. Restate's server and SDK
// are installed outside of this repository the first time.
//   `--turns N` (5), `--only processes,latency`, `--sides restate,embedded`, `--json`, `--docs` (writes docs/performance.md)
//   how much one turn takes: `--processes N` (1,000), `--steps N` (200), `--latency N` (50), `--parking N` (1,000),
//   `--children N` (200); and `--warm-up N` (2,000) processes of three steps before the first turn.

const PAGE = join(import.meta.dirname, '../docs/performance.md')
const [BEGIN, END] = ['<!-- measured: peers -->\n', '<!-- end -->']
const RAW = 'bare HTTP'

/** By the name that `--sides` takes. Undefined if it cannot run here. */
const SIDES: Readonly<Record<string, (folder: string) => Promise<Side | undefined>>> = {
  restate: startRestateIfThere,
  embedded: (folder) => leasehold({ name: 'embedded store', store: 'embedded', folder }),
  'embedded-disk': (folder) =>
    leasehold({
      name: 'embedded store on disk',
      store: 'embedded',
      folder,
      dataDir: join(folder, 'embedded'),
    }),
  'dynamodb-local': (folder) => leasehold({ name: 'DynamoDB Local', store: 'dynamodb-local', folder }),
  raw: startRawSide,
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      docs: { type: 'boolean', default: false },
      turns: { type: 'string', default: '5' },
      only: { type: 'string', default: Object.keys(FIGURES).join(',') },
      sides: { type: 'string', default: Object.keys(SIDES).join(',') },
      processes: { type: 'string', default: '1000' },
      steps: { type: 'string', default: '200' },
      latency: { type: 'string', default: '50' },
      parking: { type: 'string', default: '1000' },
      children: { type: 'string', default: '200' },
      'warm-up': { type: 'string', default: '2000' },
    },
  })
  const figures = figuresIn(values.only)
  const turns = countOf('turns', values.turns)
  const amounts: Amounts = {
    processes: countOf('processes', values.processes),
    steps: countOf('steps', values.steps),
    latency: countOf('latency', values.latency),
    parking: countOf('parking', values.parking),
    children: countOf('children', values.children),
  }
  const before = loadavg()[0] ?? 0
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-peers-'))
  const sides: Side[] = []
  try {
    for (const name of values.sides.split(',')) {
      const start = SIDES[name]
      if (start === undefined)
        throw new RangeError(`--sides: expected ${Object.keys(SIDES).join(', ')}, got ${name}`)
      const side = await start(folder)
      if (side !== undefined) sides.push(side)
    }
    const warmUp = countOf('warm-up', values['warm-up'])
    for (const side of sides) await side.processes(idsIn('warm', 'processes', warmUp))
    const measured = sides.map(({ name }) => ({ side: name, turns: [] as Turn[] }))
    for (const figure of figures) await takeTurns(figure)
    const load = [before, loadavg()[0] ?? 0] as const
    const report = reportOf(measured, { turns, load, figures, besides: ['Restate', RAW] })
    if (values.docs) await writePage(told(report))
    console.log(values.json ? JSON.stringify(report) : told(report))

    async function takeTurns(figure: FigureName): Promise<void> {
      for (let turn = 0; turn < turns; turn += 1)
        for (const [index, side] of sides.entries()) {
          const found = await MEASURES[figure](side, `${turn}`, amounts)
          const mine = measured[index]?.turns
          if (mine !== undefined) mine[turn] = merged(mine[turn], found)
        }
    }
  } finally {
    await Promise.all(sides.map((side) => side.stop()))
    await rm(folder, { recursive: true, force: true })
  }
}

/** The figures of one turn number stand together. */
function merged(turn: Turn = { rows: {} }, found: Turn = { rows: {} }): Turn {
  return { ...turn, ...found, rows: { ...turn.rows, ...found.rows } }
}

function figuresIn(only: string): readonly FigureName[] {
  return only.split(',').map((name) => {
    if (isFigure(name)) return name
    throw new RangeError(`--only: expected ${Object.keys(FIGURES).join(', ')}, got ${name}`)
  })
}

function countOf(option: string, value: string): number {
  const count = Number(value)
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`--${option}: expected a count, got ${value}`)
  return count
}

async function leasehold(options: Omit<Parameters<typeof startLeasehold>[0], 'workerEntry'>): Promise<Side> {
  return startLeasehold({ ...options, workerEntry: await bundleWorker(options.folder) })
}

async function startRestateIfThere(folder: string): Promise<Side | undefined> {
  try {
    return await startRestate(await installRestate(), folder)
  } catch (error) {
    if (!(error instanceof PeerMissing)) throw error
    console.error(`Restate is left out of this run: ${error.message}: ${String(error.cause)}`)
    return undefined
  }
}

/** The same requests over bare HTTP, to a DynamoDB Local of their own. */
async function startRawSide(): Promise<Side> {
  const [store, sqs] = await Promise.all([startStore('dynamodb-local'), startSqs({ region: 'us-east-1' })])
  const recording = await recordProcess({ dynamoEndpoint: store.endpoint, sqsEndpoint: sqs.endpoint })
  await sqs.stop()
  const raw = await startRaw(store.endpoint, recording)
  return {
    name: RAW,
    pids: () => ({ store: [store.pid], workers: raw.pids }),
    processes: (ids) => raw.drive(ids),
    async stop() {
      await raw.stop()
      await store.stop()
    },
  }
}

async function writePage(tables: string): Promise<void> {
  const page = await readFile(PAGE, 'utf8')
  const [at, until] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (at < 0 || until < at) throw new Error('docs/performance.md has no place for the tables')
  await writeFile(PAGE, `${page.slice(0, at + BEGIN.length)}${tables}\n${page.slice(until)}`)
}

await main()

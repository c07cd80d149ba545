import { parseArgs } from 'node:util'
import { startLocalStack } from '../lib/local/stack.ts'
import { startStore, STORES, type StoreName } from '../lib/local/store.ts'

// `npm run bench:start`: how long the local stack takes until it is up, and its store alone, on each store in turn in the
// same run. The shares are those of the embedded store in what DynamoDB Local takes. The rest of a start is the same on
// both: bundles, the SQS emulator and the first worker. `--rounds N` (5), `--json`. The median of the rounds counts.

type Times = { readonly stackMs: number; readonly storeMs: number }

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } },
})
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds: expected a count, got ${values.rounds}`)

// The first start fills the caches of files and of compiled code, so it does not count.
await timesOf('embedded')
const took: Readonly<Record<StoreName, Times[]>> = { embedded: [], 'dynamodb-local': [] }
for (let round = 0; round < rounds; round += 1)
  for (const store of STORES) took[store].push(await timesOf(store))
const [embedded, local] = [median(took.embedded), median(took['dynamodb-local'])]
const shares = {
  stack: share(embedded.stackMs, local.stackMs),
  store: share(embedded.storeMs, local.storeMs),
}
console.log(
  values.json
    ? JSON.stringify({ rounds, embedded, 'dynamodb-local': local, shares })
    : [
        `median of ${rounds}      stack     store`,
        `embedded       ${column(embedded.stackMs)} ms ${column(embedded.storeMs)} ms`,
        `DynamoDB Local ${column(local.stackMs)} ms ${column(local.storeMs)} ms`,
        `share          ${column(shares.stack)}    ${column(shares.store)}`,
      ].join('\n'),
)

async function timesOf(store: StoreName): Promise<Times> {
  const stackMs = await msOf(() => startLocalStack({ store }))
  return { stackMs, storeMs: await msOf(() => startStore(store)) }
}

async function msOf(start: () => Promise<{ stop(): Promise<void> }>): Promise<number> {
  const startedAt = performance.now()
  const started = await start()
  const ms = Math.round(performance.now() - startedAt)
  await started.stop()
  return ms
}

function median(all: readonly Times[]): Times {
  const middle = (each: (times: Times) => number) =>
    all.map(each).toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN
  return { stackMs: middle((times) => times.stackMs), storeMs: middle((times) => times.storeMs) }
}

function share(part: number, whole: number): number {
  return Math.round((part / whole) * 100) / 100
}

function column(value: number): string {
  return String(value).padStart(6)
}

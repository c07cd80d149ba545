import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startLocalStack } from '../lib/local/stack.ts'
import { parseProcessId } from '../lib/model/ids.ts'
import { isEnded } from '../lib/model/record.ts'
import { DynamoProcessRegistry } from '../lib/registry/dynamo.ts'
import { startMessage } from '../lib/queue/messages.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../lib/host/system.ts'
import { sendAll } from './through-stack.ts'

// `npm run bench:wide`: one process with thousands of parallel steps whose values are stored in items of their own, on the
// embedded stack with its default lease of 6 s. Fails if a lease is lost or a body runs twice. `--steps N` (5,000), `--bytes N`
// (2,048), `--json`.

const WATCH_EVERY_MS = 250
const ID = parseProcessId('wide-1')

type Figures = {
  readonly steps: number
  readonly tookMs: number
  readonly bodies: number
  readonly leasesLost: number
  readonly claims: number
  /** From one renewal to the next; the lease of a local stack lasts 6 s. */
  readonly renewalsApartMaxMs: number
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      steps: { type: 'string', default: '5000' },
      bytes: { type: 'string', default: '2048' },
      json: { type: 'boolean', default: false },
    },
  })
  const [steps, bytes] = [Number(values.steps), Number(values.bytes)]
  if (![steps, bytes].every((each) => Number.isSafeInteger(each) && each > 0))
    throw new RangeError(`expected counts, got --steps ${values.steps} --bytes ${values.bytes}`)
  const figures = await measure(steps, bytes)
  console.log(values.json ? JSON.stringify(figures) : told(figures))
  return figures.leasesLost === 0 && figures.bodies === steps && figures.claims === 1 ? 0 : 1
}

async function measure(steps: number, bytes: number): Promise<Figures> {
  const trace = join(tmpdir(), `leasehold-wide-${process.pid}.trace`)
  let leasesLost = 0
  const stack = await startLocalStack({
    name: 'bench-wide',
    workers: 2,
    workerEntry: fileURLToPath(new URL('./wide-worker.ts', import.meta.url)),
    statusEvents: false,
    env: { BENCH_TRACE: trace },
    onEvent(event) {
      if (event.type === 'log' && event.line.includes('a run lost its lease')) leasesLost += 1
    },
  })
  try {
    const { clients, tableName, queueUrl } = stack
    const parts = { tableName, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE }
    const registry = new DynamoProcessRegistry({ client: clients.dynamo, ...parts })
    const startedAt = performance.now()
    await sendAll(clients.sqs, queueUrl, [startMessage({ id: ID, kind: 'wide', input: { steps, bytes } })])
    let [renewedAt, apart, claims] = [0, 0, 0]
    for (;;) {
      const record = await registry.get(ID)
      if (record !== undefined) {
        claims = record.fence
        if (isEnded(record)) break
        const held = await registry.heldBy(record)
        const seenAt = held?.renewedAt ?? held?.claimedAt ?? 0
        if (renewedAt > 0) apart = Math.max(apart, seenAt - renewedAt)
        renewedAt = seenAt
      }
      await new Promise<void>((resolve) => void SYSTEM_CLOCK.after(WATCH_EVERY_MS, resolve))
    }
    const tookMs = Math.round(performance.now() - startedAt)
    const bodies = (await readFile(trace, 'utf8')).trimEnd().split('\n').length
    return { steps, tookMs, bodies, leasesLost, claims, renewalsApartMaxMs: apart }
  } finally {
    await stack.stop()
    await rm(trace, { force: true })
  }
}

function told({ steps, tookMs, bodies, leasesLost, claims, renewalsApartMaxMs }: Figures): string {
  return `${steps} parallel steps in ${(tookMs / 1_000).toFixed(1)} s: ${bodies} bodies, ${claims} claims, ${leasesLost} leases lost, renewals at most ${(renewalsApartMaxMs / 1_000).toFixed(1)} s apart`
}

process.exitCode = await main()

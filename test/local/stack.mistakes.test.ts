import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { lineOf } from '../../lib/cli/dev/printing.ts'
import { esbuildOptions } from '../../lib/bundle/options.ts'
import type { ProcessClient } from '../../lib/client/client.ts'
import { processClientOnAws } from '../../lib/client/on-aws.ts'
import { startLocalStack, type LocalStack } from '../../lib/local/stack.ts'
import { isEnded, type ProcessRecord } from '../../lib/model/record.ts'
import { LocalEvents } from '../helpers/local-events.ts'
import { placeOfMistake } from '../helpers/mistakes.ts'
import { LATER_DEPLOY, mistakes } from './fixtures/mistakes.ts'

// Each mistake is made for real: the worker is bundled as it is deployed, and runs in a process of its own.

const folder = mkdtempSync(join(tmpdir(), 'leasehold-mistakes-'))
const laterDeploy = join(folder, 'deployed')
const events = new LocalEvents()
let stack: LocalStack
let client: ProcessClient

beforeAll(async () => {
  const outfile = join(folder, 'worker.mjs')
  const entry = join(import.meta.dirname, 'fixtures/mistakes-worker.ts')
  await build({ ...esbuildOptions(entry), outfile, write: true })
  stack = await startLocalStack({
    name: 'mistakes',
    dynamoEndpoint: inject('dynamoEndpoint'),
    workerEntry: outfile,
    workers: 1,
    statusEvents: false,
    concurrency: 30,
    timings: { leaseTtlMs: 3_000, renewEveryMs: 1_000, sweepEveryMs: 500, functionTimeoutMs: 14_000 },
    env: { [LATER_DEPLOY]: laterDeploy },
    onEvent: events.on,
  })
  const { clients, tableName, queueUrl } = stack
  client = processClientOnAws({ tableName, queueUrl, dynamo: clients.dynamo, sqs: clients.sqs })
}, 60_000)

afterAll(async () => {
  await stack.stop()
  rmSync(folder, { recursive: true })
})

type Line = {
  readonly level: string
  readonly message: string
  readonly facts: Record<string, unknown>
  readonly error?: { readonly message: string; readonly stack: string }
  /** As `leasehold dev` prints it. */
  readonly printed: string
}

/** The first line of the process that says this, once it is there. */
async function lineWith(id: string, message: RegExp): Promise<Line> {
  const found = (): Line | undefined =>
    events
      .of('log')
      .flatMap((event) => {
        if (!event.line.startsWith('{"level"')) return []
        const line = JSON.parse(event.line) as Line
        return [{ ...line, printed: stripVTControlCharacters(lineOf(event) ?? '') }]
      })
      .find((line) => line.facts?.['id'] === id && message.test(line.message))
  await events.until(() => found() !== undefined)
  return found() as Line
}

async function made(mistake: keyof typeof mistakes, input: unknown = null): Promise<string> {
  const definition = mistakes[mistake]
  await client.start(definition, input as never, { id: definition.kind })
  return definition.kind
}

async function recordOnce(id: string, is: (record: ProcessRecord) => boolean): Promise<ProcessRecord> {
  for (;;) {
    const record = await client.get(id)
    if (record !== undefined && is(record)) return record
    // The look waits for the next line of any worker or sweep.
    const seen = events.all.length
    await events.until(({ all }) => all.length > seen)
  }
}

/** What the record of a stuck process says of it. */
async function stuckBecause(id: string): Promise<string> {
  const record = await recordOnce(id, ({ status }) => status === 'stuck')
  return record.status === 'stuck' && record.wait.for === 'resume' ? record.wait.error.message : ''
}

test('a forgotten await is reported with its line, and with what is lost', async () => {
  const id = await made('forgottenAwait')
  const { level, facts } = await lineWith(id, /did not await; await each$/u)
  expect(level).toBe('WARN')
  expect(facts['effects']).toEqual([
    expect.stringMatching(/^step "mail" at .*: its body began, and its outcome is lost$/u),
  ])
  expect(String(facts['effects'])).toMatch(placeOfMistake(id))
})

test.each([
  [
    'effectInStep',
    'effect-in-step',
    /sleep "inner" refused: .* inside the body of a step; ask for it before/u,
  ],
  ['thrownString', 'thrown-string', /^no error$/u],
  ['mapInStep', 'map-in-step', /\$ is a Map; return plain JSON/u],
  ['largeValue', 'large-value', /500002 bytes, over the limit of 350000; store it elsewhere/u],
  ['slowStep', 'slow-step', /step slow took longer than 100 ms/u],
] as const)(
  'a failed attempt is one line with the place of the mistake: %s',
  async (mistake, place, says) => {
    const id = await made(mistake)
    const { level, facts, error, printed } = await lineWith(id, /^an attempt of a step failed$/u)
    expect({ level, facts }).toMatchObject({ level: 'WARN', facts: { attempt: 1, step: expect.anything() } })
    expect(error?.message).toMatch(says)
    expect(facts['at']).toMatch(placeOfMistake(place))
    expect(printed).not.toMatch(/lib\/(?:effects|worker)\//u)
  },
)

test('the line of a failed attempt has the number of attempts and the time of the next', async () => {
  const { facts } = await lineWith('thrown-string', /^an attempt of a step failed$/u)
  expect(facts).toMatchObject({ attempt: 1, of: 2, dueAt: expect.any(Number) })
})

test('causes and gathered errors of a failed attempt are printed with the lines of their own', async () => {
  const id = await made('thrownCause')
  const { printed, facts } = await lineWith(id, /^an attempt of a step failed$/u)
  expect(facts['at']).toMatch(placeOfMistake(id))
  expect(printed).toMatch(/Error: not saved[^]*caused by[^]*both copies[^]*gathered[^]*the pipe is broken/u)
})

test.each([
  ['returnedMap', 'returned-map', /^the output was refused$/u],
  ['largeOutput', 'large-output', /^the output is too large to keep$/u],
  ['endlessLoop', 'endless-loop', /^the process cannot continue$/u],
  ['lateEffect', 'late-effect', /^an effect was asked for after the end of its run$/u],
  [
    'missingDefinition',
    'missing-definition',
    /^the kind of a child is not deployed here; add its definition/u,
  ],
] as const)('a line names the place of the mistake: %s', async (mistake, place, says) => {
  const id = await made(mistake)
  const { facts } = await lineWith(id, says)
  expect(facts['at']).toMatch(placeOfMistake(place))
})

test('a signal of a wrong form is a line with the place of its wait, and the process waits on', async () => {
  const id = await made('wrongSignal')
  await client.signal(id, { name: 'approve', payload: { by: 7 }, key: '1' })
  const { level, facts, error } = await lineWith(
    id,
    /^a signal was refused by the schema of its wait; the wait continues$/u,
  )
  expect({ level, signal: facts['signal'] }).toEqual({ level: 'WARN', signal: 'approve' })
  expect(facts['at']).toMatch(placeOfMistake(id))
  // The words of the schema may quote the payload: they are in the process's own log.
  expect(error?.message).toBe('signal approve is refused by its schema, at by')
  await client.signal(id, { name: 'approve', payload: { by: 'ann' }, key: '2' })
  expect(await client.result(id)).toEqual({ outcome: 'success', value: { by: 'ann' } })
})

test('a misspelt signal is unread in the record, and the wait that times out names it', async () => {
  const id = await made('misspeltSignal')
  await client.signal(id, { name: 'aprove', key: '1' })
  expect(await client.get(id)).toMatchObject({ unread: ['aprove'] })
  const { facts, error } = await lineWith(id, /^the process threw$/u)
  expect(error?.message).toBe('no signal "approve" within 3 s; unread here: "aprove"')
  expect(facts['at']).toMatch(placeOfMistake(id))
})

test(
  'a clock in a branch makes the process stuck, and its record names the line',
  { timeout: 30_000 },
  async () => {
    const id = await made('clockInBranch', Date.now() + 2_500)
    const { facts } = await lineWith(id, /^stuck until it is resumed$/u)
    expect(facts['at']).toMatch(placeOfMistake(id))
    expect(await stuckBecause(id)).toMatch(placeOfMistake(id))
  },
)

test('a renamed step makes the process stuck, and its record names the line', async () => {
  const id = await made('renamedStep')
  await recordOnce(id, ({ status }) => status === 'waiting')
  writeFileSync(laterDeploy, '')
  await client.signal(id, { name: 'go', key: '1' })
  const message = await stuckBecause(id)
  expect(message).toMatch(/the journal holds step "charge", the code asked for step "pay"/u)
  expect(message).toMatch(placeOfMistake(id))
})

test('no mistake of one process ends its worker', async () => {
  expect(events.of('environment-ended')).toEqual([])
  const ended = await recordOnce('returned-map', isEnded)
  expect(ended).toMatchObject({ status: 'failed', output: { error: { code: 'output_invalid' } } })
})

test(
  'a step that never returns is a line with its place before the invocation ends',
  { timeout: 60_000 },
  async () => {
    const id = await made('endlessStep')
    const { facts } = await lineWith(id, /^a step still runs, and most of its invocation is used up$/u)
    expect(facts).toMatchObject({ step: 'hangs', attempt: 1 })
    expect(facts['at']).toMatch(placeOfMistake(id))
  },
)

import { appendFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import type { ProcessContext } from '../../lib/effects/context.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import type { Json } from '../../lib/model/json.ts'
import { workerHandler } from '../../lib/worker/lambda.ts'
import { CHILD, ROOT } from './kinds.ts'
import { childId, digest, stepValue, TRIES, type Line, type Program } from './programs.ts'
import type { WorkerLog, ReceivedMessage } from './worker-logs.ts'

// The worker that chaos kills. Its step bodies log what they do to a file that the system under test does not know.

const FILE = process.env['CHAOS_WORKER_LOGS'] ?? ''
const BY = process.env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? ''

/** One write of one line to a file opened for appending: whole or not at all, whichever other worker writes and dies. */
function log(entry: WorkerLog): void {
  appendFileSync(FILE, `${JSON.stringify(entry)}\n`)
}

const child = defineProcess({ ...CHILD, run: perform })
const root = defineProcess({ ...ROOT, run: perform })

async function perform(context: ProcessContext, program: Program): Promise<string> {
  const values = await performAll(context, program)
  log({ kind: 'ran-to-end', by: BY, process: context.id, fence: context.attempt })
  return digest(values)
}

async function performAll(context: ProcessContext, program: Program): Promise<Json[]> {
  const values: Json[] = []
  for (const line of program) values.push(await performLine(context, line))
  return values
}

async function performLine(context: ProcessContext, line: Line): Promise<Json> {
  switch (line.do) {
    case 'step':
      return performStep(context, line)
    case 'sleep':
      await context.sleep({ ms: line.ms }, line.name)
      return null
    case 'signal':
      return context.signal(line.name)
    case 'emit':
      await context.emit('said', line.name)
      return null
    case 'child':
      return context.run(child, line.program, { id: childId(context.id, line.name) })
    case 'together':
      return context.all(line.programs.map((program) => () => performAll(context, program)))
  }
}

async function performStep(context: ProcessContext, step: Extract<Line, { do: 'step' }>): Promise<Json> {
  const recorded = context.step(
    step.name,
    async ({ attempt }) => {
      log({ kind: 'body', by: BY, process: context.id, effect: step.name, attempt, fence: context.attempt })
      await pause(step.ms)
      if (attempt <= step.fails) throw new Error(`attempt ${attempt}`)
      return stepValue(step)
    },
    { retry: { maxAttempts: TRIES, initialDelay: { ms: 50 } } },
  )
  if (step.fails < TRIES) return recorded
  return recorded.catch((error: unknown) => {
    if (error instanceof Error && error.name === 'StepFailed') return 'failed'
    throw error
  })
}

log({ kind: 'started', by: BY, pid: process.pid })
const serve = workerHandler({ definitions: [root, child] })

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  log({ kind: 'received', by: BY, at: Date.now(), messages: event.Records.map(receivedMessage) })
  const answer = await serve(event, context)
  log({ kind: 'answered', by: BY, at: Date.now() })
  return answer
}

function receivedMessage({ body, attributes }: SQSRecord): ReceivedMessage {
  const { id } = JSON.parse(body) as { id: string }
  const { SentTimestamp, ApproximateReceiveCount } = attributes
  return { process: id, sentAt: Number(SentTimestamp), receives: Number(ApproximateReceiveCount) }
}

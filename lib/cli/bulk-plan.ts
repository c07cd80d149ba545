import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { countText } from '../model/count-text.ts'
import type { Json } from '../model/json.ts'
import { OPEN_STATUSES, STATUSES, type Status } from '../model/record.ts'
import { JSON_VALUE } from '../queue/messages.ts'
import { UsageError } from './errors.ts'

// What a bulk command is going to do, exactly: made once, read by an operator, applied by id.

const ACTIONS = ['cancel', 'resume', 'retry', 'signal'] as const
export type BulkAction = (typeof ACTIONS)[number]

/** The statuses that an action has a meaning for. */
export const ELIGIBLE: Readonly<Record<BulkAction, readonly Status[]>> = {
  cancel: OPEN_STATUSES,
  resume: ['stuck'],
  retry: ['failed', 'cancelled', 'abandoned'],
  signal: OPEN_STATUSES,
}

const PLAN = v.object({
  format: v.literal('leasehold-bulk'),
  version: v.literal(1),
  /** Names the plan: the key of its signals, so that each counts once. */
  plan: v.string(),
  /** Where the API is that the ids are of. */
  url: v.string(),
  action: v.picklist(ACTIONS),
  /** The body of each request. */
  body: v.record(v.string(), JSON_VALUE),
  /** A process in another status has moved since, and is skipped. */
  statuses: v.array(v.picklist(STATUSES)),
  items: v.array(v.object({ id: v.string(), status: v.picklist(STATUSES) })),
})
export type BulkPlan = v.InferOutput<typeof PLAN>

/** The text of a plan's file: the plan and its hash, so that a damaged or edited file is found. */
export function writePlan(plan: BulkPlan): string {
  return `${JSON.stringify({ ...plan, sha256: hashOf(plan) }, null, 2)}\n`
}

/** Throws `UsageError` for a file that is no plan, or that is not the plan that was written. */
export function readPlan(text: string, path: string): BulkPlan {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${path} is damaged: it is not JSON; plan again`, { cause: error })
  }
  const parsed = v.safeParse(PLAN, value)
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw new UsageError(
      `${path} is no plan of this version: ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}`,
    )
  }
  if ((value as { sha256?: unknown }).sha256 !== hashOf(parsed.output))
    throw new UsageError(`${path} is damaged or was edited: its hash is another; plan again`)
  return parsed.output
}

function hashOf(plan: BulkPlan): string {
  return createHash('sha256')
    .update(JSON.stringify(v.parse(PLAN, plan)))
    .digest('hex')
}

/** What became of an id. Only `failed` is tried again. */
export type BulkResult = {
  readonly id: string
  readonly did: 'applied' | 'skipped' | 'failed'
  readonly why?: string
}

const DONE = v.object({
  id: v.string(),
  did: v.picklist(['applied', 'skipped', 'failed']),
  why: v.optional(v.string()),
})

/** The ids that are settled, by the lines beside a plan. The last line may be half of one, after a kill: it is done again. */
export function settledIds(lines: string): ReadonlySet<string> {
  const settled = lines.split('\n').flatMap((line) => {
    const parsed = v.safeParse(DONE, jsonOf(line))
    return parsed.success && parsed.output.did !== 'failed' ? [parsed.output.id] : []
  })
  return new Set(settled)
}

function jsonOf(line: string): Json | undefined {
  try {
    return JSON.parse(line) as Json
  } catch {
    // Half a line.
    return undefined
  }
}

/** The plan in numbers, and ten of its ids from everywhere in it. */
export function summaryOf({ action, items }: BulkPlan): string[] {
  const counts = [...Map.groupBy(items, ({ status }) => status)].map(
    ([status, of]) => `${of.length} ${status}`,
  )
  const every = Math.max(1, Math.floor(items.length / SAMPLES))
  const samples = items.filter((_, index) => index % every === 0).slice(0, SAMPLES)
  return [
    `${action} ${countText(items.length, 'process', 'processes')} (${counts.join(', ')})`,
    ...samples.map(({ id, status }) => `  ${id}  ${status}`),
    ...(samples.length < items.length ? [`  and ${items.length - samples.length} more`] : []),
  ]
}

const SAMPLES = 10

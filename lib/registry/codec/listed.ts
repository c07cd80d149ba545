import { LISTED_CODE_MAX_BYTES, LISTED_NAME_MAX_BYTES } from '../../model/limits-lists.ts'
import { cutText } from '../../model/log.ts'
import type { ProcessId } from '../../model/ids.ts'
import type { ProcessRow, Status, StoredOutput, Wait } from '../../model/record.ts'
import { ATTENTION_STATUSES } from '../port-lists.ts'
import { attentionKey, kindKey, scopeKey, type Shards } from './keys.ts'
import { instant, optional, struct, text, type Fields } from './shape.ts'
import type { Item } from '../store/store.ts'

// What the entries of lists show beyond the fields of a row. All of it follows from a write that sets the status. Each entry
// contains the status, so that write changes the entry anyway, and these attributes add no unit (C79).

/** Why a process waits, or how it ended, in few bytes. */
export type ListedSummary = {
  readonly for?: string
  readonly name?: string
  readonly since?: number
  readonly until?: number
  readonly code?: string
}
const LISTED_FIELDS: Fields<ListedSummary> = {
  for: optional('f', text),
  name: optional('n', text),
  since: optional('a', instant),
  until: optional('u', instant),
  code: optional('c', text),
}
export const LISTED_SUMMARY = { attr: 'lw', shape: struct(LISTED_FIELDS), optional: true } as const

const KIND_PARTITION = 'g'
const SCOPE_PARTITION = 'gs'
const ATTENTION_PARTITION = 'an'
export const ATTENTION_AT = { attr: 'aa', shape: instant, optional: false } as const

export function needsAttention(status: Status): status is (typeof ATTENTION_STATUSES)[number] {
  return ATTENTION_STATUSES.some((each) => each === status)
}

type Source = Pick<ProcessRow, 'status' | 'wait' | 'dueAt' | 'output' | 'endedAt'>

/** All that a new row has for lists. It is listed by its kind, and by its scope if it has one. */
export function listedItem(row: Source & Pick<ProcessRow, 'id' | 'kind' | 'scope'>, shards: Shards): Item {
  const { id, scope } = row
  return {
    [KIND_PARTITION]: kindKey(row, shards),
    ...(scope === undefined ? {} : { [SCOPE_PARTITION]: scopeKey(id, scope, shards) }),
    ...listedAttributes(id, row).set,
  }
}

/** The attributes that a row of this status has, and those that it does not have. */
export function listedAttributes(
  id: ProcessId,
  row: Source,
): { readonly set: Item; readonly remove: readonly string[] } {
  const shown = summaryOf(row)
  const at = attentionSince(row)
  return {
    set: {
      ...(shown === undefined ? {} : { [LISTED_SUMMARY.attr]: LISTED_SUMMARY.shape.write(shown) }),
      ...(at === undefined ? {} : { [ATTENTION_PARTITION]: attentionKey(id), [ATTENTION_AT.attr]: at }),
    },
    remove: [
      ...(shown === undefined ? [LISTED_SUMMARY.attr] : []),
      ...(at === undefined ? [ATTENTION_PARTITION, ATTENTION_AT.attr] : []),
    ],
  }
}

/** NEEDS ATTENTION: exactly the stuck, the failed and the abandoned ones are in the attention index (C78). */
function attentionSince({ status, wait, endedAt }: Source): number | undefined {
  if (!needsAttention(status)) return undefined
  return status === 'stuck' ? wait?.since : endedAt
}

function summaryOf({ status, wait, dueAt, output }: Source): ListedSummary | undefined {
  if (status === 'waiting' || status === 'stuck') return wait === undefined ? undefined : ofWait(wait, dueAt)
  const code = output === undefined ? undefined : codeOf(output)
  return code === undefined ? undefined : { code: cutText(code, LISTED_CODE_MAX_BYTES) }
}

function ofWait(wait: Wait, dueAt: number | undefined): ListedSummary {
  const name = nameOf(wait)
  const error = 'error' in wait ? wait.error : undefined
  return {
    for: wait.for,
    ...(name === undefined ? {} : { name: cutText(name, LISTED_NAME_MAX_BYTES) }),
    ...(wait.since === undefined ? {} : { since: wait.since }),
    ...(dueAt === undefined ? {} : { until: dueAt }),
    ...(error === undefined ? {} : { code: cutText(error.code, LISTED_CODE_MAX_BYTES) }),
  }
}

function nameOf(wait: Wait): string | undefined {
  if (wait.for === 'effects') return wait.on[0]
  if (wait.for === 'undeployed') return wait.kind
  return wait.for === 'slot' ? wait.key : undefined
}

function codeOf(output: StoredOutput): string | undefined {
  if (output.outcome === 'failure') return output.error.code
  return output.outcome === 'abandoned' ? output.evidence.because : undefined
}

import { EFFECT_KINDS, type Entry } from '../../lib/model/log.ts'
import { STATUSES, type Evidence, type ProcessRow, type Wait } from '../../lib/model/record.ts'
import { ON_PARENT_END, RECOVERIES } from '../../lib/model/registration.ts'
import { readPage } from '../../lib/registry/codec/entries.ts'
import { ROW } from '../../lib/registry/codec/rows.ts'
import type * as keys from '../../lib/registry/codec/keys.ts'
import { readFields } from '../../lib/registry/codec/shape.ts'
import { TABLE } from '../../lib/registry/table.ts'
import type { Item, Key } from '../../lib/registry/store/store.ts'
import { kindOf } from './stored.ts'

type Stored = Item & Key

// The types make these complete: what the code learns to store has to be added here, and then to the scene.
const WAITS = { worker: 0, undeployed: 0, external: 0, effects: 0, slot: 0, resume: 0 } satisfies Record<
  Wait['for'],
  0
>
const ENTRIES = {
  effect: 0,
  begin: 0,
  attempt: 0,
  signal: 0,
  reply: 0,
  child: 0,
  resume: 0,
  takeover: 0,
  cancel: 0,
  abandon: 0,
  end: 0,
} satisfies Record<Entry['type'], 0>
const OUTPUTS = { success: 0, failure: 0, cancelled: 0, abandoned: 0 } satisfies Record<
  NonNullable<ProcessRow['output']>['outcome'],
  0
>
const ENDED_BECAUSE = {
  'hard-deadline-passed': 0,
  'operator-request': 0,
  'attempts-exhausted': 0,
  'timed-out': 0,
  interrupted: 0,
} satisfies Record<Evidence['because'], 0>

/** Each key of the table, with the kind of item that has it. Those of an index are attributes of a process item. */
const KEYS = {
  processKey: 'PROCESS',
  leaseKey: 'LEASE',
  blobKey: 'BLOB',
  onceKey: 'KEY',
  callbackKey: 'CB',
  slotsKey: 'SLOTS',
  SWEEP_KEY: 'PASS',
  pageKey: 'LOG',
  parsePageKey: 'LOG',
  dueKey: 'PROCESS',
  kindKey: 'PROCESS',
  scopeKey: 'PROCESS',
  attentionKey: 'PROCESS',
} satisfies Record<Extract<keyof typeof keys, `${string}Key` | `${string}_KEY`>, string>

/** What the code knows how to store, by name. */
export const KNOWN: ReadonlySet<string> = new Set([
  ...Object.values(KEYS).map((kind) => `item ${kind}`),
  ...STATUSES.map((status) => `status ${status}`),
  ...RECOVERIES.map((recovery) => `recovery ${recovery}`),
  ...ON_PARENT_END.map((onEnd) => `on parent’s end ${onEnd}`),
  ...Object.keys(WAITS).map((wait) => `wait ${wait}`),
  ...Object.keys(ENTRIES).map((type) => `entry ${type}`),
  ...Object.keys(OUTPUTS).map((outcome) => `output ${outcome}`),
  ...Object.keys(ENDED_BECAUSE).map((because) => `evidence ${because}`),
  ...EFFECT_KINDS.map((effect) => `effect ${effect}`),
  ...Object.entries(ROW).map(([field, { attr }]) => `field ${field} (${attr})`),
  ...TABLE.indexes.map(({ name }) => `index ${name}`),
  'value in the item',
  'value in an item of its own',
  'value of a codec',
])

/** What the items have of that. */
export function seenIn(items: readonly Stored[]): ReadonlySet<string> {
  return new Set(items.flatMap((item) => [`item ${kindOf(item)}`, ...inItem(item)]))
}

function inItem(item: Stored): readonly string[] {
  if (kindOf(item) === 'LOG') return readPage(item).entries.flatMap(inEntry)
  if (kindOf(item) !== 'PROCESS') return []
  const row = readFields(ROW, item, { key: item.pk, path: '' })
  const { status, recovery, parent, wait, output, tail, input } = row
  return [
    `status ${status}`,
    `recovery ${recovery}`,
    ...(parent === undefined ? [] : [`on parent’s end ${parent.onEnd}`]),
    ...(wait === undefined ? [] : [`wait ${wait.for}`]),
    ...(output === undefined ? [] : [`output ${output.outcome}`]),
    ...(output !== undefined && 'evidence' in output ? [`evidence ${output.evidence?.because}`] : []),
    ...tail.flatMap(inEntry),
    ...Object.entries(ROW).flatMap(([field, { attr }]) => (attr in item ? [`field ${field} (${attr})`] : [])),
    ...TABLE.indexes.flatMap(({ name, partitionKey }) =>
      partitionKey.name in item ? [`index ${name}`] : [],
    ),
    formOf(input),
  ]
}

function formOf(payload: ProcessRow['input']): string {
  if (!('ref' in payload)) return 'value in the item'
  return payload.ref.startsWith('c:') ? 'value of a codec' : 'value in an item of its own'
}

function inEntry(entry: Entry): readonly string[] {
  return [`entry ${entry.type}`, ...(entry.type === 'effect' ? [`effect ${entry.effect}`] : [])]
}

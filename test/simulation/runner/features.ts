import type { Item } from '../../../lib/registry/store/store.ts'
import { DEAD_LETTER, type Fact, type History } from '../history.ts'

type Row = { readonly [attribute: string]: Item[string] | undefined }
type Change = { readonly before: Row; readonly after: Row; readonly entries: readonly string[] }

/** What a write to the row of a process shows, by the layout of the table. `entries` are those of its tail, or of a page. */
const IN_WRITES = {
  'a start with a start time': ({ after }) => after['st'] !== undefined,
  'a start in a scope': ({ after }) => after['sc'] !== undefined,
  'an urgent start': ({ after }) => after['u'] === true,
  'a start of an external process': ({ after }) => after['r'] === 'external',
  'a request to abandon': ({ after }) => after['ar'] !== undefined,
  'a process out of time': ({ after }) => codeIn(after) === 'timed_out',
  'a process that gets stuck': ({ before, after }) => before['s'] !== 'stuck' && after['s'] === 'stuck',
  'a stuck process that is resumed': ({ before, after }) =>
    before['s'] === 'stuck' && after['s'] === 'waiting',
  'a stuck process that is cancelled': ({ before, after }) =>
    before['s'] === 'stuck' && after['s'] === 'cancelled',
  'an end in two writes': ({ before, after }) =>
    before['s'] === 'running' && after['s'] === 'completed' && isLongPage(after['p']),
  'a process kept for its own time': ({ after }) => textIn(after['l']).includes('"t"'),
  'a coded value': ({ entries }) => entries.some((entry) => entry.includes('"c:')),
  'a step out of time': ({ entries }) => entries.some((entry) => entry.includes('step_timed_out')),
  'an effect under a shield': ({ entries }) => entries.some((entry) => /"p\d[^"]*!/u.test(entry)),
  'a child that is started where it stands': ({ entries }) => hasTwice(entries),
} as const satisfies { [feature: string]: (change: Change) => boolean }

/** What other facts show. */
const IN_FACTS = {
  'an item that expires': (fact) => fact.kind === 'write' && fact.by === 'ttl',
  'a value in the bucket': (fact) => fact.kind === 'write' && fact.pk === 'BUCKET',
  'a start that is no longer retained': (fact) =>
    fact.kind === 'refused' && fact.asked === 'start' && fact.code === 'no_longer_retained',
  'a start that is refused for good': (fact) => fact.kind === 'refused' && fact.code === DEAD_LETTER,
  'a status event': (fact) => fact.kind === 'published',
  'a heartbeat': (fact) => fact.kind === 'beat',
  'a list': (fact) => fact.kind === 'listed',
  'a completion from outside': (fact) => fact.kind === 'completed',
} as const satisfies { [feature: string]: (fact: Fact) => boolean }

const MADE_ANEW = 'an id that is used again'
export const FEATURES: readonly string[] = [...Object.keys(IN_WRITES), ...Object.keys(IN_FACTS), MADE_ANEW]

/** Which of the features a history has executed, whatever its plan says. */
export function featuresIn({ facts }: History): ReadonlySet<string> {
  const found = new Set<string>()
  const made = new Set<string>()
  for (const fact of facts) {
    for (const [feature, shows] of Object.entries(IN_FACTS)) if (shows(fact)) found.add(feature)
    if (fact.kind !== 'write' || fact.after === undefined || !fact.pk.startsWith('P#')) continue
    const isRow = fact.sk === 'PROCESS'
    if (!isRow && !fact.sk.startsWith('LOG#')) continue
    if (isRow && fact.before === undefined && made.has(fact.pk)) found.add(MADE_ANEW)
    if (isRow) made.add(fact.pk)
    const tail = fact.after['t']
    const change = {
      before: fact.before ?? {},
      after: fact.after,
      entries: Array.isArray(tail) ? tail.map(String) : [],
    }
    for (const [feature, shows] of Object.entries(IN_WRITES))
      if (!found.has(feature) && shows(change)) found.add(feature)
  }
  return found
}

function codeIn({ o }: Row): string | undefined {
  return /"d":"([^"]*)"/u.exec(textIn(o))?.[1]
}

/** Does a pointer name a page of many entries, `first#last#fence`? */
function isLongPage(pointer: Item[string] | undefined): boolean {
  const [first = 0, last = 0] = (typeof pointer === 'string' ? pointer : '').split('#').map(Number)
  return last - first > 30
}

/** Are there two starts of one child? */
function hasTwice(entries: readonly string[]): boolean {
  const starts = entries.flatMap((entry) => /^\["e",\d+,\d+,"c",.*?"id":"([^"]+)"/u.exec(entry)?.[1] ?? [])
  return new Set(starts).size < starts.length
}

function textIn(value: Item[string] | undefined): string {
  return JSON.stringify(value) ?? ''
}

import type { Planted } from '../bug.ts'

/** Bugs of what arrives for a process: which waits it wakes, and how it leaves the tail of the log. */
export const ARRIVALS: readonly Planted[] = [
  {
    name: 'an arrival begins a new tail though others have appended to the old one',
    edits: [
      {
        file: 'lib/model/requests.ts',
        find: 'expect: { fence, commit, seq, statusIn: [status] },',
        replace: 'expect: { fence, commit, statusIn: [status], ...(seq < 0 ? { seq } : {}) },',
      },
    ],
  },
  {
    name: 'an arrival that no wait takes wakes its process',
    edits: [
      {
        file: 'lib/model/requests.ts',
        find: "if (record.status !== 'waiting' || !awaits(record.wait, entry)) return false",
        replace: "if (record.status !== 'waiting') return false",
      },
    ],
  },
  {
    name: 'a parent does not get the result of a child that had already ended',
    edits: [
      {
        file: 'lib/registry/operations/start-child.ts',
        find: 'const known = stands === undefined ? entries : [...entries, ...endEntryOf(stands, now)]',
        replace: 'const known = [...entries, ...(now < 0 ? endOf(row as never, now) : [])]',
      },
    ],
  },
  {
    name: 'an arrival for a wait that its row does not show wakes nothing',
    edits: [
      {
        file: 'lib/model/arrivals.ts',
        find: "(kind) => beyond.includes(kind) || (kind === 'reply'",
        replace: "(kind) => (beyond.length < 0 && beyond.includes(kind)) || (kind === 'reply'",
      },
    ],
  },
  {
    name: 'a signal that finds a row which is due later does not wake it',
    edits: [
      {
        file: 'lib/model/arrivals.ts',
        find: 'return title === undefined ? on.some((each) => isOf(entry.type, each)) : on.includes(title)',
        replace: 'return title === undefined && on.some((each) => isOf(entry.type, each))',
      },
    ],
  },
  {
    name: 'an arrival that leaves a long tail in a page wakes nothing',
    edits: [
      {
        file: 'lib/model/requests.ts',
        find: 'planAppend(entry, { statusIn: [status], wake: wakes(entry, record, now), now })',
        replace: 'planAppend(entry, { statusIn: [status], wake: now < 0 && wakes(entry, record, now), now })',
      },
    ],
  },
  {
    name: 'signals that no wait takes keep out one that is awaited',
    edits: [
      {
        file: 'lib/registry/operations/append.ts',
        find: 'if (this.#rolls >= TAIL_ROLL_TRIES) return undefined',
        replace: 'if (this.#rolls >= 0) return undefined',
      },
      {
        file: 'lib/model/limits.ts',
        find: 'export const BACKLOG_MAX_BYTES = 300_000',
        replace: 'export const BACKLOG_MAX_BYTES = 5_000',
      },
    ],
  },
  {
    name: 'an arrival ends another wait than the first of its name',
    edits: [
      {
        file: 'lib/effects/engine/takers.ts',
        find: 'else takers.splice(placeOf(takers, wait), 0, wait)',
        replace: 'else takers.unshift(wait)',
      },
    ],
  },
]

import type { Planted } from '../bug.ts'

/** Bugs of what a process waits for: times, signals, requests, and parking for them. */
export const WAITS: readonly Planted[] = [
  {
    name: 'a park writes no due time',
    edits: [
      {
        file: 'lib/model/ownership.ts',
        find: '...(dueAt === undefined ? {} : { dueAt, wakeupScheduled }),',
        replace: '...{},',
      },
      {
        file: 'lib/model/ownership.ts',
        find: "...(dueAt === undefined ? (['dueAt', 'wakeupScheduled'] as const) : []),\n      ...(began",
        replace: "...(['dueAt', 'wakeupScheduled'] as const),\n      ...(began",
      },
    ],
  },
  {
    name: 'a park does not read new arrivals',
    from: 620,
    edits: [
      {
        file: 'lib/model/ownership.ts',
        find: "const seen = wait.for === 'effects' ? { seq: ownership.row.seq } : {}",
        replace: 'const seen = {}',
      },
    ],
  },
  {
    name: 'a park forgets a cancel request that came meanwhile',
    from: 74,
    edits: [
      {
        file: 'lib/model/ownership.ts',
        find: 'const unseen = requestsAbsent(seen).some((kind) => row[kind] !== undefined)',
        replace: 'const unseen = false',
      },
    ],
  },
  {
    name: 'an arrival does not make a parked process due',
    edits: [
      {
        file: 'lib/model/requests.ts',
        find: 'planAppend(entry, { statusIn, wake: wakes(entry, found?.record, now), now })',
        replace: 'planAppend(entry, { statusIn, wake: false, now })',
      },
    ],
  },
  {
    name: 'a signal counts as often as it is sent',
    edits: [
      {
        file: 'lib/registry/codec/once.ts',
        find: 'item: { ...onceKey(id, hashOf(key)), ...writeFields(ONCE, { content }) },\n    when: NOT_THERE,',
        replace: 'item: { ...onceKey(id, hashOf(key)), ...writeFields(ONCE, { content }) },',
      },
    ],
  },
  {
    name: 'a consumed signal is consumed again',
    from: 33,
    edits: [
      {
        file: 'lib/effects/engine/inbox.ts',
        find: 'this.#taken = new Set(this.#index.taken)',
        replace: 'this.#taken = new Set()',
      },
    ],
  },
  {
    name: 'a wait reaches its time early',
    edits: [
      {
        file: 'lib/effects/engine/waits.ts',
        find: 'at <= this.#ports.clock.now()) return this.#comesDue(wait)',
        replace: 'at <= this.#ports.clock.now() + 60_000) return this.#comesDue(wait)',
      },
    ],
  },
  {
    name: 'signals are taken in the wrong order',
    edits: [
      {
        file: 'lib/effects/engine/inbox.ts',
        find: 'const next = signals[passed]',
        replace: 'const next = signals.findLast(({ seq }) => !this.#taken.has(seq))',
      },
    ],
  },
  {
    name: 'a run does not read an earlier cancel request',
    edits: [
      { file: 'lib/worker/owned-process.ts', find: '    this.#noticeCancel(ownership.row)\n', replace: '' },
    ],
  },
  {
    name: 'a park ignores a request that arrived after its decision',
    isHole: true,
    edits: [
      {
        file: 'lib/worker/owned-process.ts',
        find: 'dueAtOnceIfRequested(request, decidedFrom, ownership.row, now)',
        replace: 'dueAtOnceIfRequested(request, ownership.row, ownership.row, now)',
      },
    ],
  },
]

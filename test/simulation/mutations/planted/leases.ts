import type { Planted } from '../bug.ts'

/** Bugs of who may write: fences, leases, take-overs. */
export const LEASES: readonly Planted[] = [
  {
    name: 'an owner writes without naming its fence',
    edits: [
      {
        file: 'lib/model/ownership.ts',
        find: 'return { fence: ownership.lease.fence, commit: ownership.row.commit, statusIn: FROM.commit }',
        replace: "return { statusIn: ['running'] }",
      },
    ],
  },
  {
    name: 'an owner writes without naming its commit',
    edits: [
      {
        file: 'lib/model/ownership.ts',
        find: 'return { fence: ownership.lease.fence, commit: ownership.row.commit, statusIn: FROM.commit }',
        replace: "return { fence: ownership.lease.fence, statusIn: ['running'] }",
      },
    ],
  },
  {
    name: 'the terminal write has no condition',
    edits: [
      {
        file: 'lib/model/ownership.ts',
        find: 'return withEntries({ expect: ownedBy(ownership), change }, ownership, [...entries, last], undefined)',
        replace: 'return withEntries({ expect: {}, change }, ownership, [...entries, last], undefined)',
      },
    ],
  },
  {
    name: 'an expired lease is renewed',
    edits: [
      {
        file: 'lib/registry/codec/lease-item.ts',
        find: '            { attr: EXPIRES_AT.attr, above: now },\n',
        replace: '',
      },
      {
        file: 'lib/registry/operations/lease.ts',
        find: 'if (lease.expiresAt <= now) {',
        replace: 'if (lease.expiresAt <= 0) {',
      },
    ],
  },
  {
    name: 'a renewal does not check the fence',
    from: 130,
    edits: [
      {
        file: 'lib/registry/codec/lease-item.ts',
        find: '{ attr: FENCE.attr, below: lease.fence },',
        replace: '{ attr: FENCE.attr, above: 0 },',
      },
    ],
  },
  {
    name: 'a take-over does not read the lease item',
    from: 55,
    edits: [
      {
        file: 'lib/model/lease.ts',
        find: 'const renewedUntil = item?.fence === fence ? (item.expiresAt ?? 0) : 0',
        replace: 'const renewedUntil = 0',
      },
      {
        file: 'lib/registry/codec/lease-item.ts',
        find: '{ attr: EXPIRES_AT.attr, atMost: now },',
        replace: '{ attr: EXPIRES_AT.attr, above: 0 },',
      },
    ],
  },
  {
    name: 'a take-over overrules a renewal made meanwhile',
    isHole: true,
    edits: [
      {
        file: 'lib/registry/codec/lease-item.ts',
        find: '{ attr: EXPIRES_AT.attr, atMost: now },',
        replace: '{ attr: EXPIRES_AT.attr, above: 0 },',
      },
    ],
  },
  {
    name: 'a take-over does not raise the fence',
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: 'add: { fence: 1, seq: 1 },',
        replace: 'add: { seq: 1 },',
      },
    ],
  },
  {
    name: 'a claim of a parked process does not raise the fence',
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: 'add: { fence: 1 },',
        replace: 'add: {},',
      },
    ],
  },
  {
    name: 'a take-over does not check that the row is unchanged',
    from: 1600,
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: 'expect: { fence: record.fence, commit: record.commit, seq: record.seq, statusIn: FROM.takeOver },',
        replace: "expect: { fence: record.fence, statusIn: ['running'] },",
      },
    ],
  },
  {
    name: 'a process with recovery abandon is taken over',
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: "if (record.recovery === 'abandon') {",
        replace: "if (record.recovery === 'abandon' && lease.fence === 0) {",
      },
    ],
  },
  {
    name: 'a body begins after its lease has expired by the clock',
    from: 106,
    edits: [{ file: 'lib/effects/engine/run.ts', find: '      this.ports.expectHeld()\n', replace: '' }],
  },
]

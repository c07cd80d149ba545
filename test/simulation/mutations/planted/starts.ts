import type { Planted } from '../bug.ts'

/** Bugs of what a start may say: its time, its group, its urgency. */
export const STARTS: readonly Planted[] = [
  {
    name: 'a start time is ignored',
    edits: [
      {
        file: 'lib/registry/operations/register.ts',
        find: 'const dueAt = Math.max(now, base.startAt ?? now)',
        replace: 'const dueAt = now',
      },
    ],
  },
  {
    name: 'a process with a scope is listed under its kind alone',
    edits: [
      {
        file: 'lib/registry/codec/listed.ts',
        find: '...(scope === undefined ? {} : { [SCOPE_PARTITION]: scopeKey(id, scope, shards) }),',
        replace: '',
      },
    ],
  },
  {
    name: 'a resumed process stays in the attention index',
    edits: [
      {
        file: 'lib/registry/codec/listed.ts',
        find: '...(at === undefined ? [ATTENTION_PARTITION, ATTENTION_AT.attr] : []),',
        replace: '',
      },
    ],
  },
  {
    name: 'the wake-up of an urgent process goes with the ordinary ones',
    edits: [
      {
        file: 'lib/queue/wakeups.ts',
        find: '...(row.urgent === true ? { urgent: true } : {}),',
        replace: '...{},',
      },
    ],
  },
  {
    name: 'a refused start for later is left as a process that can run',
    edits: [
      {
        file: 'lib/worker/batch.ts',
        find: 'await rejectStart(parts, delivery, error, raw)\n  }',
        replace:
          'if (raw.startAt !== undefined && parts.worker.definitions.has(raw.kind)) await registerForLater(parts.worker, { ...raw, recovery: "rerun", input: null } as unknown as Registration)\n' +
          'await rejectStart(parts, delivery, error, raw)\n  }',
      },
    ],
  },
  {
    name: 'a refused start is dropped',
    edits: [
      {
        file: 'lib/worker/delivery.ts',
        find: 'await deadLetters.put({ messageId, body, code, reason })',
        replace: 'if (asked.id === undefined) await deadLetters.put({ messageId, body, code, reason })',
      },
    ],
  },
]

import type { Planted } from '../bug.ts'

/** Bugs of starts and wake-ups, and of the index that the sweep reads. */
export const QUEUE: readonly Planted[] = [
  {
    name: 'a claim leaves the due index',
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: "set: { status: 'running', grant, dueAt: grant.until },",
        replace: "set: { status: 'running', grant },",
      },
      {
        file: 'lib/model/claim.ts',
        find: "add: { fence: 1 },\n      remove: ['wakeupScheduled'],",
        replace: "add: { fence: 1 },\n      remove: ['wakeupScheduled', 'dueAt'],",
      },
    ],
  },
  {
    name: 'a wake-up is sent before its start is written',
    edits: [
      {
        file: 'lib/client/direct.ts',
        find: 'const { started, wakeup } = await registerOne(parts, valid)\n  if (wakeup !== undefined) await sendWakeups(parts, [wakeup])\n  return started',
        replace:
          'await sendWakeups(parts, [wakeupOf(valid.registration, 0)])\n  return (await registerOne(parts, valid)).started',
      },
    ],
  },
  {
    name: 'a wake-up is sent before its signal is written',
    edits: [
      {
        file: 'lib/client/client.ts',
        find: 'return this.#wakeAfter(await registry.signal(parseProcessId(id), { ...signal, payload }, clock.now()))',
        replace:
          'await sendWakeup(this.#parts, { id: parseProcessId(id) })\n    return registry.signal(parseProcessId(id), { ...signal, payload }, clock.now())',
      },
    ],
  },
  {
    name: 'an ended process stays due',
    edits: [
      {
        file: 'lib/model/requests.ts',
        find: "change: { remove: ['pendingNotifications', 'dueAt', 'wakeupScheduled'] },",
        replace: "change: { remove: ['pendingNotifications'] },",
      },
    ],
  },
  {
    name: 'a failed message is acknowledged',
    from: 232,
    edits: [
      {
        file: 'lib/worker/batch.ts',
        find: 'return delivery.id\n',
        replace: 'return undefined\n',
      },
    ],
  },
  {
    name: 'the sweep leaves out a shard',
    edits: [
      {
        file: 'lib/sweep/sweep.ts',
        find: '(first + nth) % dueShards)',
        replace: '(first + nth) % dueShards).filter((shard) => shard > 0)',
      },
    ],
  },
  {
    name: 'the sweep expects every wake-up to arrive',
    from: 60,
    edits: [
      {
        file: 'lib/model/due.ts',
        find: 'if (row.wakeupScheduled && row.dueAt + graceMs > now)',
        replace: 'if (row.wakeupScheduled && graceMs > 0)',
      },
    ],
  },
  {
    name: 'a start is put over the process that is there',
    edits: [
      {
        file: 'lib/registry/operations/register.ts',
        find: "const reply = await ctx.store.write({ do: 'put', item: encodeRow(row, ctx.shards), when: NOT_THERE })\n  if (reply.applied) return claimed",
        replace:
          "const reply = await ctx.store.write({ do: 'put', item: encodeRow(row, ctx.shards) })\n  if (reply.applied) return claimed",
      },
    ],
  },
]

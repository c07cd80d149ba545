import type { Planted } from '../bug.ts'

/** Bugs of what is on record: the log, its pages, and what a replay makes of them. */
export const JOURNAL: readonly Planted[] = [
  {
    name: 'a log page overwrites another',
    edits: [
      {
        file: 'lib/registry/operations/rolling.ts',
        find: "const reply = await ctx.store.write({ do: 'put', item, when: NOT_THERE })",
        replace: "const reply = await ctx.store.write({ do: 'put', item })",
      },
    ],
  },
  {
    name: 'the row names a log page although others have appended',
    from: 60,
    edits: [
      {
        file: 'lib/model/ownership.ts',
        find: 'expect: { ...plan.expect, seq: ownership.row.seq },\n    change: { ...plan.change, add, set',
        replace: 'expect: plan.expect,\n    change: { ...plan.change, add, set',
      },
    ],
  },
  {
    name: 'a write whose reply was lost counts as a lost lease',
    from: 200,
    edits: [
      {
        file: 'lib/registry/operations/owner-writes.ts',
        find: 'if (await wasAppliedBefore(ctx, found, { ownership, write, own }))',
        replace: 'if (found.fence === ownership.lease.fence)',
      },
    ],
  },
  {
    name: 'the next body does not wait for the last outcome',
    edits: [
      {
        file: 'lib/effects/step.ts',
        find: '    await run.durable()\n',
        replace: '',
      },
    ],
  },
  {
    name: 'recorded attempts do not count',
    edits: [
      {
        file: 'lib/effects/step.ts',
        find: 'let failed = run.inbox.attempts.get(call.position)?.length ?? 0',
        replace: 'let failed = 0',
      },
    ],
  },
  {
    name: 'a recorded step runs again',
    edits: [
      {
        file: 'lib/effects/step.ts',
        find: 'if (recorded !== undefined) return deliverOutcome(run, call, await recorded)',
        replace:
          "if (recorded !== undefined && semantics === 'at-most-once') return deliverOutcome(run, call, await recorded)",
      },
    ],
  },
  {
    name: 'the row names a log page before it is written',
    edits: [
      {
        file: 'lib/registry/operations/rolling.ts',
        find: "const reply = await ctx.store.write({ do: 'put', item, when: NOT_THERE })\n    if (!reply.applied && !isDeepStrictEqual(reply.found, item)) return false",
        replace:
          "void ctx.store.write({ do: 'put', item, when: NOT_THERE }).catch(() => isDeepStrictEqual(1, 1))",
      },
    ],
  },
  {
    name: 'an interrupted step that may run once runs again',
    edits: [
      {
        file: 'lib/effects/step.ts',
        find: 'if (run.inbox.begun.has(call.position)) return await finish(run, call, interrupted(run, call))\n',
        replace: '',
      },
    ],
  },
  {
    name: 'a recorded random value is drawn again',
    edits: [
      {
        file: 'lib/effects/engine/run.ts',
        find: 'if (outcome !== undefined)\n      return outcome.ok &&',
        replace: "if (outcome !== undefined && effect === 'patched')\n      return outcome.ok &&",
      },
    ],
  },
  {
    name: 'a write does not wait for a park in flight',
    isHole: true,
    edits: [
      {
        file: 'lib/effects/engine/commit-buffer.ts',
        find: '    await this.#write(async (entries) => {\n      made = await write(entries)\n      return made\n    })\n',
        replace:
          '    const entries = this.#held.splice(0)\n    this.#done += entries.length\n    made = await write(entries)\n    if (!made) {\n      this.#done -= entries.length\n      this.#putBack(entries)\n    }\n',
      },
    ],
  },
  {
    name: 'an outcome counts as durable before its write returns',
    isHole: true,
    edits: [
      {
        file: 'lib/effects/engine/commit-buffer.ts',
        find: 'if (this.#writing !== undefined) await this.#writing\n      else if',
        replace:
          'if (this.#writing !== undefined) {\n        await this.#writing\n        if (this.#held.length === 0) return\n      } else if',
      },
    ],
  },
]

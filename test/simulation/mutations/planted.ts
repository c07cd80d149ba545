/** A bug to plant: in these files of the library, these texts, each of which stands there once, become others. */
export type Planted = {
  readonly name: string
  readonly edits: readonly Edit[]
  /** Where a test looks for it: a seed shortly before one that finds it. Absent: from the first on. */
  readonly from?: number
}
export type Edit = { readonly file: string; readonly find: string; readonly replace: string }

/** Bugs in what the library exists for. Each is one that somebody could make, and that no type check would see. */
export const PLANTED: readonly Planted[] = [
  {
    name: 'an owner writes without naming its fence',
    edits: [
      {
        file: 'lib/model/holding.ts',
        find: "return { fence: holding.lease.fence, commit: holding.row.commit, statusIn: ['running'] }",
        replace: "return { statusIn: ['running'] }",
      },
    ],
  },
  {
    name: 'an owner writes without naming its commit',
    edits: [
      {
        file: 'lib/model/holding.ts',
        find: "return { fence: holding.lease.fence, commit: holding.row.commit, statusIn: ['running'] }",
        replace: "return { fence: holding.lease.fence, statusIn: ['running'] }",
      },
    ],
  },
  {
    name: 'the terminal write has no condition',
    edits: [
      {
        file: 'lib/model/holding.ts',
        find: 'return withEntries({ expect: ownedBy(holding), change }, holding, [...entries, last], undefined)',
        replace: 'return withEntries({ expect: {}, change }, holding, [...entries, last], undefined)',
      },
    ],
  },
  {
    name: 'a lease that is over is renewed',
    edits: [
      {
        file: 'lib/registry/codec/lease-item.ts',
        find: '            { attr: EXPIRES_AT.attr, above: now },\n',
        replace: '',
      },
      {
        file: 'lib/registry/operations/renewing.ts',
        find: 'if (lease.expiresAt <= now) {',
        replace: 'if (lease.expiresAt <= 0) {',
      },
    ],
  },
  {
    name: 'a renewal asks for no fence',
    from: 240,
    edits: [
      {
        file: 'lib/registry/codec/lease-item.ts',
        find: '{ attr: FENCE.attr, below: lease.fence },',
        replace: '{ attr: FENCE.attr, above: 0 },',
      },
    ],
  },
  {
    name: 'a take-over does not look at the lease item',
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
        find: 'add: { fence: 1, stalls: 1 },',
        replace: 'add: { stalls: 1 },',
      },
    ],
  },
  {
    name: 'a take-over does not pin what was read',
    from: 1370,
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: "expect: { fence: record.fence, commit: record.commit, seq: record.seq, statusIn: ['running'] },",
        replace: "expect: { fence: record.fence, statusIn: ['running'] },",
      },
    ],
  },
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
        find: "add: { fence: 1, stalls: 1 },\n      remove: ['belled'],",
        replace: "add: { fence: 1, stalls: 1 },\n      remove: ['belled', 'dueAt'],",
      },
    ],
  },
  {
    name: 'a park forgets when it is due',
    edits: [
      {
        file: 'lib/model/holding.ts',
        find: '...(dueAt === undefined ? {} : { dueAt, belled }),',
        replace: '...{},',
      },
      {
        file: 'lib/model/holding.ts',
        find: "...(dueAt === undefined ? (['dueAt', 'belled'] as const) : []),\n      ...(began",
        replace: "...(['dueAt', 'belled'] as const),\n      ...(began",
      },
    ],
  },
  {
    name: 'a park does not look for what has arrived',
    from: 95,
    edits: [
      {
        file: 'lib/model/holding.ts',
        find: "const seen = wait.for === 'effects' ? { seq: holding.row.seq } : {}",
        replace: 'const seen = {}',
      },
    ],
  },
  {
    name: 'a park forgets a cancel request that came meanwhile',
    edits: [
      {
        file: 'lib/model/holding.ts',
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
        find: "const plan = planAppend(entry, { statusIn: [whereabouts], wake: whereabouts === 'waiting', now })",
        replace: 'const plan = planAppend(entry, { statusIn: [whereabouts], wake: false, now })',
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
    name: 'a page is put over another',
    edits: [
      {
        file: 'lib/registry/operations/owner-writes.ts',
        find: "const reply = await ctx.store.write({ do: 'put', item, when: NOT_THERE })",
        replace: "const reply = await ctx.store.write({ do: 'put', item })",
      },
    ],
  },
  {
    name: 'a doorbell is sent before the start that it tells of',
    edits: [
      {
        file: 'lib/client/direct.ts',
        find: 'const { started, bell } = await registerOne(parts, admitted)\n  if (bell !== undefined) await ringAll(parts, [bell])\n  return started',
        replace:
          'await ringAll(parts, [bellOf(admitted.registration, 0)])\n  return (await registerOne(parts, admitted)).started',
      },
    ],
  },
  {
    name: 'a doorbell is sent before the signal that it tells of',
    edits: [
      {
        file: 'lib/client/client.ts',
        find: 'return this.#ringAfter(await registry.signal(parseProcessId(id), { ...signal, payload }, clock.now()))',
        replace:
          'await ringFor(this.#parts, { id: parseProcessId(id) })\n    return registry.signal(parseProcessId(id), { ...signal, payload }, clock.now())',
      },
    ],
  },
  {
    name: 'a page is pointed at though others have appended',
    from: 225,
    edits: [
      {
        file: 'lib/model/holding.ts',
        find: 'expect: { ...plan.expect, seq: holding.row.seq },\n    change: { ...plan.change, add, set',
        replace: 'expect: plan.expect,\n    change: { ...plan.change, add, set',
      },
    ],
  },
  {
    name: 'a write whose answer was lost is taken for a lost lease and for someone else’s',
    from: 235,
    edits: [
      {
        file: 'lib/registry/operations/owner-writes.ts',
        find: 'if (isOwnDoing(found, holding, write, rolled)) return',
        replace: 'if (found.fence === holding.lease.fence) return',
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
        find: 'if (recorded !== undefined) return settle(run, call, await recorded)',
        replace:
          "if (recorded !== undefined && semantics === 'at-most-once') return settle(run, call, await recorded)",
      },
    ],
  },
  {
    name: 'a signal that was taken is taken again',
    edits: [
      {
        file: 'lib/effects/engine/inbox.ts',
        find: 'this.#taken = new Set(this.#index.taken)',
        replace: 'this.#taken = new Set()',
      },
    ],
  },
  {
    name: 'the end of a child is not told',
    edits: [
      {
        file: 'lib/worker/debts.ts',
        find: 'if (record.parent !== undefined) await tellParent(parts, record, record.parent.id)',
        replace: '',
      },
    ],
  },
  {
    name: 'an ended process stays due',
    edits: [
      {
        file: 'lib/model/requests.ts',
        find: "change: { remove: ['owes', 'dueAt', 'belled'] },",
        replace: "change: { remove: ['owes'] },",
      },
    ],
  },
  {
    name: 'a child is registered beside its parent’s write',
    edits: [
      {
        file: 'lib/registry/operations/starting-children.ts',
        find: "beside: [stands ? isThere(row.id) : { do: 'put', item: encodeRow(row, ctx.shards), when: NOT_THERE }],",
        replace: 'beside: [],',
      },
    ],
  },
  {
    name: 'a failed message is acknowledged',
    from: 230,
    edits: [
      {
        file: 'lib/worker/queue/batch.ts',
        find: 'return delivery.messageId\n',
        replace: 'return undefined\n',
      },
    ],
  },
  {
    name: 'the sweep leaves out a shard',
    edits: [
      {
        file: 'lib/worker/queue/sweep.ts',
        find: '(first + nth) % dueShards)',
        replace: '(first + nth) % dueShards).filter((shard) => shard > 0)',
      },
    ],
  },
  {
    name: 'a wait reaches its time early',
    edits: [
      {
        file: 'lib/effects/engine/waits.ts',
        find: 'Number.POSITIVE_INFINITY) <= this.#ports.clock.now()) this.#due(wait)',
        replace: 'Number.POSITIVE_INFINITY) <= this.#ports.clock.now() + 60_000) this.#due(wait)',
      },
    ],
  },
  {
    name: 'the sweep counts on every doorbell to arrive',
    edits: [
      {
        file: 'lib/model/due.ts',
        find: 'if (row.belled && row.dueAt + graceMs > now)',
        replace: 'if (row.belled && graceMs > 0)',
      },
    ],
  },
  {
    name: 'a page is pointed at before it is written',
    edits: [
      {
        file: 'lib/registry/operations/owner-writes.ts',
        find: "const reply = await ctx.store.write({ do: 'put', item, when: NOT_THERE })\n    if (!reply.applied && !isDeepStrictEqual(reply.found, item)) return undefined",
        replace:
          "void ctx.store.write({ do: 'put', item, when: NOT_THERE }).catch(() => isDeepStrictEqual(1, 1))",
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
    name: 'a run does not look for a cancel request that came before it',
    edits: [{ file: 'lib/worker/hold.ts', find: '    this.#noticeCancel(holding.row)\n', replace: '' }],
  },
  {
    name: 'a process that ends does not leave its place',
    edits: [
      {
        file: 'lib/worker/debts.ts',
        find: 'for (const id of await parts.registry.leaveSlot(record.id, record.concurrency)) await wake(parts, id)',
        replace: '',
      },
    ],
  },
  {
    name: 'nobody is woken for a place that came free',
    edits: [
      {
        file: 'lib/worker/debts.ts',
        find: 'for (const id of await parts.registry.leaveSlot(record.id, record.concurrency)) await wake(parts, id)',
        replace: 'await parts.registry.leaveSlot(record.id, record.concurrency)',
      },
    ],
  },
  {
    name: 'the children of an ended process are not told',
    edits: [
      {
        file: 'lib/worker/debts.ts',
        find: 'for (const child of childrenOf(await wholeLog(parts, record.id))) await tellChild(parts, record, child)',
        replace: '',
      },
    ],
  },
  {
    name: 'a debt is struck out before it is paid',
    edits: [
      {
        file: 'lib/worker/debts.ts',
        find: 'if (record.owes !== true) return\n',
        replace: 'if (record.owes !== true) return\n  await parts.registry.settled(record)\n',
      },
    ],
  },
  {
    name: 'what must not be run again is taken over',
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: "if (record.recovery === 'abandon') {",
        replace: "if (record.recovery === 'abandon' && lease.fence === 0) {",
      },
    ],
  },
  {
    name: 'an interrupted step that may run once runs again',
    edits: [
      {
        file: 'lib/effects/step.ts',
        find: 'if (run.inbox.begun.has(call.position)) return finish(run, call, interrupted(run, call))\n',
        replace: '',
      },
    ],
  },
  {
    name: 'what was drawn is drawn anew',
    edits: [
      {
        file: 'lib/effects/engine/run.ts',
        find: 'if (outcome !== undefined)\n      return outcome.ok &&',
        replace: "if (outcome !== undefined && effect === 'patched')\n      return outcome.ok &&",
      },
    ],
  },
  {
    name: 'a start is put over the process that is there',
    edits: [
      {
        file: 'lib/registry/operations/registering.ts',
        find: "const reply = await ctx.store.write({ do: 'put', item: encodeRow(row, ctx.shards), when: NOT_THERE })\n  if (reply.applied) return claimed",
        replace:
          "const reply = await ctx.store.write({ do: 'put', item: encodeRow(row, ctx.shards) })\n  if (reply.applied) return claimed",
      },
    ],
  },
  {
    name: 'a place is taken by whoever lost the process, or after its end',
    from: 380,
    edits: [
      {
        file: 'lib/registry/operations/slots.ts',
        find: 'toCheck(id, expectHeld(holding))',
        replace: "toCheck(id, { recoveryIsNot: 'external' })",
      },
    ],
  },
  {
    name: 'a place is taken that another took meanwhile',
    from: 105,
    edits: [
      {
        file: 'lib/registry/codec/slots.ts',
        find: '        { attr: HOLDERS.attr, shorter: limit },\n',
        replace: '',
      },
    ],
  },
  {
    name: 'an answer does not make a parked process due',
    edits: [
      {
        file: 'lib/model/requests.ts',
        find: "{ statusIn: [whereabouts], wake: whereabouts === 'waiting', now }",
        replace:
          "{ statusIn: [whereabouts], wake: whereabouts === 'waiting' && entry.type !== 'reply', now }",
      },
    ],
  },
  {
    name: 'a second answer counts as well',
    edits: [
      {
        file: 'lib/registry/codec/once.ts',
        find: '        { attr: CONTENT.attr, absent: true },\n',
        replace: '',
      },
    ],
  },
  {
    name: 'another answer than the first is told to be accepted',
    edits: [
      {
        file: 'lib/registry/operations/callbacks.ts',
        find: 'if (callback.content !== undefined && callback.content !== content)',
        replace: 'if (callback.content === "")',
      },
    ],
  },
  {
    name: 'nobody looks at the secret of an answer',
    edits: [
      {
        file: 'lib/registry/codec/once.ts',
        find: '        { attr: TOKEN_HASH.attr, is: at.tokenHash },\n',
        replace: '',
      },
    ],
  },
  {
    name: 'an answer that came before the wait is not seen',
    edits: [
      {
        file: 'lib/effects/callback.ts',
        find: 'look: () => run.inbox.replies.get(position)?.outcome,',
        replace:
          'look: () => [run.inbox.replies.get(position)].find((reply) => (reply?.at ?? 0) > begunAt)?.outcome,',
      },
    ],
  },
  {
    name: 'a callback is on record before the store knows it',
    from: 130,
    edits: [
      {
        file: 'lib/effects/callback.ts',
        find: '      await run.ports.journal.openCallback(call.position, secret)\n      await run.ports.journal.commit(entries)\n',
        replace:
          '      await run.ports.journal.commit(entries)\n      await run.ports.journal.openCallback(call.position, secret)\n',
      },
    ],
  },
  {
    name: 'a deadline goes before what has arrived',
    edits: [
      {
        file: 'lib/effects/engine/waits.ts',
        find: '(wait.shielded ? undefined : this.#cancelled) ?? wait.look()',
        replace:
          '(wait.shielded ? undefined : this.#cancelled) ?? ((wait.dueAt() ?? Infinity) > this.#ports.clock.now() ? wait.look() : undefined)',
      },
    ],
  },
  {
    name: 'an answer is taken for that of another callback',
    edits: [
      {
        file: 'lib/effects/callback.ts',
        find: 'look: () => run.inbox.replies.get(position)?.outcome,',
        replace: 'look: () => [...run.inbox.replies.values()].at(-1)?.outcome,',
      },
    ],
  },
  {
    name: 'what is written while a park is under way does not wait for it',
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
    name: 'a body begins though its lease is over by the clock',
    edits: [{ file: 'lib/effects/engine/run.ts', find: '      this.ports.expectHeld()\n', replace: '' }],
  },
  {
    name: 'what another write takes along is taken for durable',
    from: 1140,
    edits: [
      {
        file: 'lib/effects/engine/commit-buffer.ts',
        find: 'if (this.#writing !== undefined) await this.#writing\n      else if',
        replace:
          'if (this.#writing !== undefined) {\n        await this.#writing\n        if (this.#held.length === 0) return\n      } else if',
      },
    ],
  },
  {
    name: 'a request that came while a park was decided is taken for seen',
    edits: [
      {
        file: 'lib/worker/hold.ts',
        find: 'heeding(request, decidedFrom, holding.row, now)',
        replace: 'heeding(request, holding.row, holding.row, now)',
      },
    ],
  },
]

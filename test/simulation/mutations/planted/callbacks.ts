import type { Planted } from '../bug.ts'

/** Bugs of callbacks: who may answer, once, and who hears of it. */
export const CALLBACKS: readonly Planted[] = [
  {
    name: 'an answer does not make a parked process due',
    edits: [
      {
        file: 'lib/model/requests.ts',
        find: 'planAppend(entry, { statusIn, wake: wakes(entry, found?.record, now), now })',
        replace:
          "planAppend(entry, { statusIn, wake: wakes(entry, found?.record, now) && entry.type !== 'reply', now })",
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
    name: 'a different second answer is accepted',
    from: 35,
    edits: [
      {
        file: 'lib/registry/operations/callbacks.ts',
        find: 'if (callback.content !== undefined && callback.content !== content)',
        replace: 'if (callback.content === "")',
      },
    ],
  },
  {
    name: 'the secret of an answer is not checked',
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
    from: 56,
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
    name: 'a deadline wins over an earlier arrival',
    from: 61,
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
    name: 'an answer completes another callback',
    edits: [
      {
        file: 'lib/effects/callback.ts',
        find: 'look: () => run.inbox.replies.get(position)?.outcome,',
        replace: 'look: () => [...run.inbox.replies.values()].at(-1)?.outcome,',
      },
    ],
  },
]

import { describe, expect, test } from 'vitest'
import { ERROR_MESSAGE_MAX_BYTES } from '../../lib/model/limits.ts'
import { BUS_ENTRIES_MAX, BUS_REQUEST_MAX_BYTES } from '../../lib/model/limits-status-events.ts'
import { STATUSES, type Status } from '../../lib/model/record.ts'
import { mayHaveRelatedItems, statusEventOf } from '../../lib/status-events/event.ts'
import type { ProcessImage } from '../../lib/registry/codec/projections.ts'
import type { ProcessId } from '../../lib/model/ids.ts'

const AT = 1_764_000_000_000
const ERROR = { class: 'CardDeclined', code: 'declined', message: 'no' }
const EVIDENCE = {
  lastOwner: 'host/run',
  lastFence: 1,
  writtenBy: 'other/run',
  because: 'hard-deadline-passed',
  claims: 1,
} as const

function image(status: Status, more: Partial<ProcessImage> = {}): ProcessImage {
  const id = 'order-7' as ProcessId
  return { id, kind: 'order', status, fence: 1, commit: 2, seq: 3, createdAt: AT - 50, ...more }
}

function typeOf(before: ProcessImage | undefined, after: ProcessImage): string | undefined {
  return statusEventOf(before, after, AT)?.type
}

describe('outcomeOf()', () => {
  test.each([
    [undefined, image('pending', { fence: 0 }), 'Process Registered'],
    [undefined, image('waiting', { fence: 0, wait: { for: 'external' } }), 'Process Registered'],
    [undefined, image('running'), 'Process Started'],
    [image('pending', { fence: 0 }), image('running'), 'Process Started'],
    [image('waiting'), image('running', { fence: 2 }), 'Process Resumed'],
    [image('running'), image('waiting', { wait: { for: 'worker' } }), 'Process Parked'],
    [image('stuck'), image('waiting', { wait: { for: 'worker' } }), 'Process Parked'],
    [image('running'), image('stuck'), 'Process Stuck'],
    [image('running'), image('completed'), 'Process Completed'],
    [image('running'), image('failed'), 'Process Failed'],
    [image('waiting'), image('cancelled'), 'Process Cancelled'],
    [image('running'), image('abandoned'), 'Process Abandoned'],
  ])('of %o and %o', (before, after, type) => {
    expect(typeOf(before, after)).toBe(type)
  })

  test('publishes every change between two statuses, and no other change', () => {
    for (const from of STATUSES)
      for (const to of STATUSES) {
        const outcome = statusEventOf(image(from), image(to), AT)
        expect(outcome === undefined).toBe(from === to)
        if (outcome !== undefined) expect(outcome.detail).toMatchObject({ previousStatus: from, status: to })
      }
  })

  test('a commit, a take-over, a request and the removal of a row are no change of status', () => {
    expect(typeOf(image('running'), image('running', { commit: 3, seq: 4 }))).toBeUndefined()
    expect(typeOf(image('running'), image('running', { fence: 2 }))).toBeUndefined()
    expect(typeOf(image('waiting'), image('waiting', { seq: 4 }))).toBeUndefined()
    expect(statusEventOf(image('completed'), undefined, AT)).toBeUndefined()
  })

  test('a later process of the same id begins anew', () => {
    const outcome = statusEventOf(image('completed', { createdAt: 1 }), image('completed'), AT)
    expect(outcome?.detail).not.toHaveProperty('previousStatus')
    expect(outcome?.type).toBe('Process Completed')
  })
})

describe('the detail', () => {
  test('names the same event each time, and another one for each change', () => {
    const ids = [
      image('pending', { fence: 0, commit: 0, seq: 0 }),
      image('running', { fence: 1, commit: 0, seq: 0 }),
      image('waiting', { fence: 1, commit: 1, seq: 0 }),
      image('cancelled', { fence: 2, commit: 1, seq: 2 }),
    ].map((after) => statusEventOf(undefined, after, AT)?.detail)
    expect(ids.map((detail) => detail?.eventId)).toEqual([0, 1, 2, 5].map((n) => `order-7/${AT - 50}/${n}`))
    expect(ids.map((detail) => detail?.revision)).toEqual([0, 1, 2, 5])
  })

  test('says what a parked process waits for, and until when', () => {
    const wait = { for: 'effects', on: ['signal "approve"'] } as const
    const detail = statusEventOf(image('running'), image('waiting', { wait, dueAt: AT + 1 }), AT)?.detail
    expect(detail?.waitingFor).toEqual({ for: 'effects', on: ['signal "approve"'], dueAt: AT + 1 })
  })

  test('says why a process is stuck, failed, was cancelled or given up', () => {
    const detail = (after: ProcessImage) => statusEventOf(image('running'), after, AT)?.detail
    expect(detail(image('stuck', { wait: { for: 'resume', error: ERROR } }))?.error).toEqual(ERROR)
    expect(detail(image('failed', { output: { outcome: 'failure', error: ERROR } }))?.error).toEqual(ERROR)
    expect(detail(image('cancelled', { output: { outcome: 'cancelled', reason: 'no' } }))?.reason).toBe('no')
    const gone = detail(image('abandoned', { output: { outcome: 'abandoned', evidence: EVIDENCE } }))
    expect(gone?.evidence).toEqual(EVIDENCE)
  })

  test('holds a small output, and of one that stands apart or is coded its size', () => {
    const detail = (output: ProcessImage['output']) =>
      statusEventOf(image('running'), image('completed', { output, endedAt: AT + 9 }), AT)?.detail
    expect(detail({ outcome: 'success', value: { value: { ok: 1 } } })).toMatchObject({
      output: { ok: 1 },
      at: AT + 9,
    })
    const apart = detail({ outcome: 'success', value: { ref: 'o-1-abc', bytes: 9_000 } })
    expect(apart).toMatchObject({ outputBytes: 9_000 })
    expect(apart).not.toHaveProperty('output')
  })

  test('leaves out what there is none of', () => {
    expect(statusEventOf(undefined, image('running'), AT)?.detail).toEqual({
      version: 1,
      eventId: `order-7/${AT - 50}/6`,
      revision: 6,
      id: 'order-7',
      kind: 'order',
      status: 'running',
      fence: 1,
      at: AT - 50,
      createdAt: AT - 50,
    })
  })

  test('says when it happened, by the row when it can, and never earlier than the claim before it', () => {
    const grant = { ownerId: 'o', attemptId: 'i', token: 't', claimedAt: AT + 7, until: AT + 30_000 }
    const at = (before: ProcessImage | undefined, after: ProcessImage) =>
      statusEventOf(before, after, AT)?.detail.at
    expect(at(undefined, image('pending'))).toBe(AT - 50)
    expect(at(image('pending'), image('running', { grant }))).toBe(AT + 7)
    expect(at(image('running', { grant }), image('waiting'))).toBe(AT + 7)
    expect(at(image('running', { grant: { ...grant, claimedAt: AT - 9 } }), image('waiting'))).toBe(AT)
    expect(at(image('running'), image('failed', { endedAt: AT + 20 }))).toBe(AT + 20)
    expect(statusEventOf(undefined, image('running', { grant }), AT)?.detail).not.toHaveProperty('grant')
  })

  test('is so small at its largest that ten fit one request', () => {
    // What is longest once it is JSON: control characters, six bytes for each.
    const worst = '\u0001'
    const error = {
      class: worst.repeat(200),
      code: worst.repeat(200),
      message: worst.repeat(ERROR_MESSAGE_MAX_BYTES),
    }
    const names = Array.from({ length: 8 }, () => worst.repeat(256))
    const id = 'x'.repeat(256) as ProcessId
    const more = {
      id,
      kind: 'k'.repeat(128),
      scope: 's'.repeat(128),
      parent: { id, onEnd: 'cancel' },
    } as const
    const largest = [
      image('failed', { ...more, output: { outcome: 'failure', error, evidence: EVIDENCE } }),
      image('waiting', { ...more, wait: { for: 'effects', on: names } }),
    ]
    for (const after of largest) {
      const bytes = Buffer.byteLength(JSON.stringify(JSON.stringify(statusEventOf(undefined, after, AT))))
      expect(bytes * BUS_ENTRIES_MAX).toBeLessThan(BUS_REQUEST_MAX_BYTES)
    }
  })
})

describe('what may stand beside a row', () => {
  const small = {
    input: { value: 1 },
    tail: [],
    output: { outcome: 'success', value: { value: 2 } },
  } as const
  const effect = { type: 'effect', at: AT, position: 0, name: 'e' } as const

  test('is nothing for a process of small values that was claimed once', () => {
    expect(mayHaveRelatedItems(image('completed', small))).toBe(false)
    const outcome = { ok: true, value: { value: 3 } } as const
    expect(
      mayHaveRelatedItems(image('completed', { ...small, tail: [{ ...effect, effect: 'step', outcome }] })),
    ).toBe(false)
  })

  test.each<[string, Partial<ProcessImage>]>([
    ['a page of the log', { page: { first: 1, last: 2, fence: 1 } }],
    ['what an owner left that was overtaken', { fence: 2 }],
    ['an input', { input: { ref: 'i-1', bytes: 900 } }],
    ['an output', { output: { outcome: 'success', value: { ref: 'o-1', bytes: 900 } } }],
    ['a key', { tail: [{ type: 'signal', at: AT, name: 's', key: 'k', payload: { value: 1 } }] }],
    ['a callback', { tail: [{ ...effect, effect: 'callback', outcome: { ok: true } }] }],
    [
      'a value',
      { tail: [{ ...effect, effect: 'step', outcome: { ok: true, value: { ref: 'v-1', bytes: 900 } } }] },
    ],
    ['anything, where the newest entries cannot be read', { tail: undefined }],
  ])('is %s', (_what, more) => {
    expect(mayHaveRelatedItems(image('completed', { ...small, ...more }))).toBe(true)
  })
})

import { array, assert, asyncProperty, constantFrom } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Bytes } from '../../lib/model/json.ts'
import { REGISTRATION_MAX_BYTES } from '../../lib/model/limits.ts'
import { BUS_ENTRIES_MAX, BUS_REQUEST_MAX_BYTES, BUS_TRIES } from '../../lib/model/limits-status-events.ts'
import type { Bus, BusEvent, PutResult } from '../../lib/status-events/bus.ts'
import { STATUS_EVENT_SOURCE } from '../../lib/status-events/event.ts'
import { publishInOrder } from '../../lib/status-events/publish.ts'
import { seededChance } from '../../lib/testing/seeded-chance.ts'

function event(id: string, revision: number): BusEvent {
  return {
    type: 'Process Parked',
    at: 1,
    detail: {
      version: 1,
      eventId: `${id}/1/${revision}`,
      revision,
      id,
      kind: 'k',
      status: 'waiting',
      fence: 1,
      at: 1,
      createdAt: 1,
    },
  }
}

const AGAIN: PutResult = { failed: 'again', because: 'ThrottlingException' }
const REFUSED: PutResult = { failed: 'refused', because: 'MalformedDetail' }

/** A bus that answers as told, and remembers what it took and was asked. */
class ScriptedBus implements Bus {
  readonly took: string[] = []
  readonly requests: (readonly BusEvent[])[] = []
  readonly answer: (event: BusEvent, request: number) => PutResult | 'break'

  constructor(answer: (event: BusEvent, request: number) => PutResult | 'break') {
    this.answer = answer
  }

  async put(events: readonly BusEvent[]): Promise<readonly PutResult[]> {
    this.requests.push(events)
    const answers = events.map((one) => this.answer(one, this.requests.length))
    for (const [index, answer] of answers.entries())
      if (answer === 'taken' || answer === 'break') this.took.push(events[index]!.detail.eventId)
    if (answers.includes('break')) throw new Error('the connection broke')
    return answers as PutResult[]
  }
}

function publish(bus: Bus, events: readonly BusEvent[], mayGoOn = () => true) {
  const clock = {
    now: () => 0,
    after: (_ms: number, callback: () => void) => {
      queueMicrotask(callback)
      return () => undefined
    },
    turn: () => Promise.resolve(),
  }
  return publishInOrder({ bus, clock, chance: seededChance(1), mayGoOn }, events)
}

const mixed = ['a', 'b', 'a', 'c', 'a', 'b'].map((id, index) => event(id, index))

describe('publishing', () => {
  test('a request holds one event of a process at most, and ten in all', async () => {
    const many = Array.from({ length: 25 }, (_, index) => event(`p-${index}`, 0))
    const bus = new ScriptedBus(() => 'taken')
    await publish(bus, [...mixed, ...many])
    for (const request of bus.requests) {
      expect(request.length).toBeLessThanOrEqual(BUS_ENTRIES_MAX)
      expect(new Set(request.map(({ detail }) => detail.id)).size).toBe(request.length)
    }
    expect(bus.took).toHaveLength(31)
  })

  test('a request is never larger than the bus accepts, so its events are not delayed', async () => {
    // As large as what a start may say of where it comes from.
    const source = 'x'.repeat(REGISTRATION_MAX_BYTES - 1_000)
    const large = Array.from({ length: 12 }, (_, index) => {
      const one = event(`p-${index}`, 0)
      return { ...one, detail: { ...one.detail, source: index === 11 ? source.repeat(6) : source } }
    })
    const sizes: number[] = []
    const bus = new ScriptedBus(() => 'taken')
    const put = bus.put.bind(bus)
    bus.put = async (events) => {
      // PutEvents counts the time as 14 bytes, and source, detail type and detail as UTF-8.
      const size = events.reduce((sum, { type, detail }) => {
        return sum + 14 + utf8Bytes(STATUS_EVENT_SOURCE) + utf8Bytes(type) + utf8Bytes(JSON.stringify(detail))
      }, 0)
      sizes.push(size)
      if (size > BUS_REQUEST_MAX_BYTES && events.length > 1) throw new Error('Total size of the entries')
      return put(events)
    }
    expect((await publish(bus, large)).left).toEqual([])
    expect(sizes.length).toBeLessThanOrEqual(4)
  })

  test('a failed event keeps the later ones of its process back, and no others', async () => {
    const bus = new ScriptedBus(({ detail }, request) =>
      detail.revision === 0 && request < 3 ? AGAIN : 'taken',
    )
    const { left, taken } = await publish(bus, mixed)
    expect(left).toEqual([])
    expect(taken.map(({ detail }) => detail.revision)).toEqual([1, 3, 5, 0, 2, 4])
  })

  test('an event that is refused for good holds no later event back', async () => {
    const bus = new ScriptedBus(({ detail }) => (detail.revision === 0 ? REFUSED : 'taken'))
    const { refused, left, taken } = await publish(bus, mixed)
    expect(refused.map(({ event: { detail } }) => detail.revision)).toEqual([0])
    expect(left).toEqual([])
    expect(taken).toHaveLength(5)
  })

  test('a bus that takes nothing is given up after some tries, with all that is left in order', async () => {
    const bus = new ScriptedBus(() => AGAIN)
    const { left, because } = await publish(bus, mixed)
    expect(bus.requests).toHaveLength(BUS_TRIES)
    expect(left).toEqual(mixed)
    expect(because).toBe('ThrottlingException')
  })

  test('once the time is up nothing more is sent', async () => {
    const bus = new ScriptedBus(() => 'taken')
    const { left } = await publish(bus, mixed, () => bus.requests.length < 1)
    expect(left.map(({ detail }) => detail.revision)).toEqual([2, 4, 5])
  })

  test('events of a process keep their order, whatever the bus does, and none is doubled', async () => {
    const answers = constantFrom<PutResult | 'break'>('taken', 'taken', AGAIN, REFUSED, 'break')
    await assert(
      asyncProperty(
        array(constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 }),
        array(answers, { minLength: 1, maxLength: 60 }),
        async (ids, script) => {
          const events = ids.map((id, index) => event(id, index))
          let at = 0
          const bus = new ScriptedBus(() => script[at++ % script.length]!)
          const { taken, refused, left } = await publish(bus, events)
          expect(taken.length + refused.length + left.length).toBe(events.length)
          expect(left).toEqual(events.filter((one) => left.includes(one)))
          const firsts = [...new Set(bus.took)]
          for (const id of new Set(ids)) {
            const revisions = firsts
              .filter((name) => name.startsWith(`${id}/`))
              .map((name) => Number(name.split('/')[2]))
            expect(revisions).toEqual(revisions.toSorted((x, y) => x - y))
          }
        },
      ),
    )
  })
})

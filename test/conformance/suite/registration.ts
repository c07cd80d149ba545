import { describe, expect, test } from 'vitest'
import {
  InvalidId,
  PayloadTooLarge,
  RegistrationConflict,
  UnreadableItem,
} from '../../../lib/model/errors.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import { PAYLOAD_MAX_BYTES } from '../../../lib/model/limits.ts'
import { registrationHash } from '../../../lib/model/registration.ts'
import { everything } from '../../helpers/recorder.ts'
import {
  aRegistration,
  aRequest,
  bedOf,
  changesNothing,
  claimedOf,
  DONE,
  freshId,
  NOW,
  started,
  TTL,
  type Subject,
} from './bed.ts'

const OPTIONS = { now: NOW, wakeupScheduled: false }

export function registrationSuite(subject: Subject): void {
  describe('registration', () => {
    const open = bedOf(subject)

    test('a repeated registration returns the first record and writes nothing [C1]', async () => {
      const bed = open()
      const registration = aRegistration()
      const first = await bed.registry.register(registration, OPTIONS)
      const again = await changesNothing(bed, registration.id, () =>
        bed.other.register(registration, { now: NOW + 5_000, wakeupScheduled: true }),
      )
      expect(first.created).toBe(true)
      expect(again).toEqual({ created: false, record: first.record })
    })

    test('a registration of a started or ended process is found as it stands [C1]', async () => {
      const bed = open()
      const { registration, ownership } = await started(bed)
      expect((await bed.registry.register(registration, OPTIONS)).record).toEqual(ownership.row)
      const record = await bed.registry.complete(ownership, [], DONE, NOW)
      expect((await bed.registry.register(registration, OPTIONS)).record).toEqual(record)
    })

    const DIFFERENT = {
      input: { input: { amount: 13 } },
      kind: { kind: 'orders.refund' },
      recovery: { recovery: 'abandon' as const },
      scope: { scope: 'tenant-1' },
      provenance: { provenance: { source: 'rule' } },
      limits: { limits: { maxStalls: 2 } },
      'event types': { events: ['charged'] },
    }
    for (const [what, difference] of Object.entries(DIFFERENT)) {
      test(`a registration with another ${what} is rejected with both hashes, live and ended [C2, C3]`, async () => {
        const bed = open()
        const { registration, ownership } = await started(bed)
        const changed = { ...registration, ...difference }
        const hashes = { stored: registrationHash(registration), asked: registrationHash(changed) }
        const conflict = { code: 'registration_conflict', facts: { id: registration.id, ...hashes } }
        await changesNothing(bed, registration.id, async () => {
          await expect(bed.registry.register(changed, OPTIONS)).rejects.toMatchObject(conflict)
          await expect(bed.registry.start(changed, aRequest('b'), NOW)).rejects.toMatchObject(conflict)
        })
        await bed.registry.complete(ownership, [], DONE, NOW)
        await changesNothing(bed, registration.id, async () => {
          await expect(bed.registry.register(changed, OPTIONS)).rejects.toThrow(RegistrationConflict)
          await expect(bed.registry.start(changed, aRequest('b'), NOW)).rejects.toThrow(RegistrationConflict)
        })
      })
    }

    test('an id outside the alphabet is rejected before anything is written [C4]', async () => {
      const { registry, recorder } = open()
      for (const id of ['', 'a b', 'a/b', 'ä', 'x'.repeat(257)]) {
        const registration = { ...aRegistration(), id: id as ProcessId }
        await expect(registry.register(registration, OPTIONS)).rejects.toThrow(InvalidId)
        await expect(registry.start(registration, aRequest('a'), NOW)).rejects.toThrow(InvalidId)
      }
      expect(recorder.calls).toEqual([])
    })

    test('the longest id of every allowed character is taken [C4]', async () => {
      const { registry } = open()
      const id = `${freshId('A.b_c:d-')}-`.padEnd(256, 'x')
      expect((await registry.register(aRegistration({ id }), OPTIONS)).record.id).toBe(id)
    })

    test('an input over the payload limit is rejected before anything is written [C4, C44]', async () => {
      const { registry, recorder } = open()
      const registration = aRegistration({ input: 'x'.repeat(PAYLOAD_MAX_BYTES - 1) })
      await expect(registry.register(registration, OPTIONS)).rejects.toThrow(PayloadTooLarge)
      await expect(registry.start(registration, aRequest('a'), NOW)).rejects.toThrow(PayloadTooLarge)
      const events = Array.from({ length: 1_000 }, (_, n) => `${n}`.padEnd(400, 'x'))
      await expect(registry.register(aRegistration({ events }), OPTIONS)).rejects.toThrow(PayloadTooLarge)
      expect(recorder.calls).toEqual([])
    })

    test('the largest input is stored by reference and read back intact [C44]', async () => {
      const bed = open()
      const input = { text: `${'é'.repeat(100_000)}${'x'.repeat(PAYLOAD_MAX_BYTES - 200_011)}` }
      const { registration } = await started(bed, aRegistration({ input }))
      const again = claimedOf(await bed.other.claim(registration.id, aRequest('b'), NOW + TTL))
      expect(again.input).toEqual(input)
      expect(again.ownership.row.input).toMatchObject({ ref: expect.any(String), bytes: PAYLOAD_MAX_BYTES })
    })

    test('a registration that is refused leaves the big input of the first as it was [C44]', async () => {
      const bed = open()
      const registration = aRegistration({ input: 'a'.repeat(5_000) })
      const other = { ...registration, input: 'b'.repeat(5_000) }
      await bed.registry.register(registration, OPTIONS)
      await expect(bed.registry.register(other, OPTIONS)).rejects.toThrow(RegistrationConflict)
      const { input } = claimedOf(await bed.registry.claim(registration.id, aRequest('a'), NOW))
      expect(input).toBe(registration.input)
    })

    test('an input that DynamoDB has no native form for is read back as it was', async () => {
      const bed = open()
      let deep: { [key: string]: unknown } = { end: [] }
      for (let level = 0; level < 40; level += 1) deep = { deep }
      const input = { deep: deep as never, empty: '', big: 1e300, tiny: -0.000_1, none: null, list: [[], {}] }
      const { input: read } = await started(bed, aRegistration({ input }))
      expect(read).toEqual(input)
    })

    test('registering records intent only: nothing runs, and the row is due at once [C5]', async () => {
      const bed = open()
      const registration = aRegistration({ scope: 'tenant-1', limits: { maxStalls: 3 } })
      const { record } = await bed.registry.register(registration, { now: NOW, wakeupScheduled: true })
      expect(record).toMatchObject({ ...registration, input: { value: registration.input } })
      expect(record).toMatchObject({ status: 'pending', fence: 0, seq: 0, dueAt: NOW, wakeupScheduled: true })
      expect(record).not.toHaveProperty('grant')
      expect(record).not.toHaveProperty('startedAt')
    })

    test('a repeated start never makes a second execution [C5]', async () => {
      const bed = open()
      const { registration, ownership, id } = await started(bed)
      const again = await changesNothing(bed, id, () => bed.other.start(registration, aRequest('b'), NOW + 1))
      expect(again).toMatchObject({ outcome: 'busy', lease: { ownerId: 'host-a', fence: 1 } })
      const record = await bed.registry.complete(ownership, [], DONE, NOW)
      const late = await changesNothing(bed, id, () => bed.other.start(registration, aRequest('b'), NOW + 2))
      expect(late).toEqual({ outcome: 'ended', record })
    })

    test('starting is one put, and claims in it', async () => {
      const { registry, recorder } = open()
      const registration = aRegistration()
      const reply = claimedOf(
        await registry.start(registration, aRequest('a', { hardAt: NOW + 900_000 }), NOW),
      )
      expect(recorder.ops()).toEqual(['write'])
      expect(reply).toMatchObject({ log: [], input: registration.input })
      expect(reply.ownership.row).toMatchObject({ status: 'running', fence: 1, commit: 0, seq: 0, stalls: 0 })
      expect(reply.ownership.row).toMatchObject({ startedAt: NOW, createdAt: NOW, dueAt: NOW + TTL })
    })

    test('starting what was registered claims it, with one refused put and one update', async () => {
      const { registry, recorder } = open()
      const registration = aRegistration()
      await registry.register(registration, OPTIONS)
      recorder.ops()
      const reply = claimedOf(await registry.start(registration, aRequest('a'), NOW + 1))
      expect(recorder.ops()).toEqual(['write', 'write'])
      expect(reply.ownership.row).toMatchObject({ fence: 1, createdAt: NOW, startedAt: NOW + 1 })
    })

    test('starting a process whose owner is gone takes it over [C46]', async () => {
      const bed = open()
      const { registration } = await started(bed)
      const reply = claimedOf(await bed.other.start(registration, aRequest('b'), NOW + TTL))
      expect(reply.ownership.lease).toMatchObject({ ownerId: 'host-b', fence: 2 })
    })

    test('an item of a newer version is reported as unreadable and left as it is', async () => {
      const bed = open()
      const { registration, id } = await started(bed)
      const [item] = await everything(bed.store, id)
      await bed.store.write({ do: 'put', item: { ...item!, v: 99 } as never })
      await changesNothing(bed, id, async () => {
        await expect(bed.registry.get(id)).rejects.toThrow(UnreadableItem)
        await expect(bed.registry.start(registration, aRequest('b'), NOW)).rejects.toThrow(
          /its version is 99/,
        )
        await expect(bed.registry.claim(id, aRequest('b'), NOW + TTL)).rejects.toThrow(UnreadableItem)
        await expect(bed.registry.requestCancel(id, { reason: 'x' }, NOW)).rejects.toThrow(UnreadableItem)
      })
    })
  })
}

import { expect, test } from 'vitest'
import type { Sentence } from '../../../../lib/console/app/model/sentence-parts.ts'
import { titleOf } from '../../../../lib/console/app/model/sentence-parts.ts'
import { reportState } from '../../../../lib/console/app/model/sentence.ts'
import { durationText } from '../../../../lib/console/app/model/words.ts'
import { changeTheCode, KINDS, lived, newKit } from './histories.ts'

/** A sentence as a reader sees it at `now`, with moments as their distance. */
function read(sentence: Sentence | undefined, now: number): string {
  return (sentence ?? [])
    .map((part) => {
      if (typeof part === 'string') return part
      if ('at' in part) return `<${durationText(Math.abs(part.at - now))}>`
      if ('until' in part) return `<${durationText(Math.abs(part.until - now))}>`
      if ('lasted' in part) return durationText(part.lasted)
      if ('process' in part) return part.process
      if ('slot' in part) return part.slot
      if ('link' in part) return part.label
      return 'name' in part ? part.name : part.text
    })
    .join('')
}

async function reported(kit: ReturnType<typeof newKit>, id: string, later = 0) {
  const { view, now } = await lived(kit, id)
  const at = now + later
  const { main, answer, notes, tone } = reportState(view, at)
  return {
    tone,
    main: read(main, at),
    how: read(answer?.how, at),
    answer,
    notes: notes.map((note) => read(note, at)),
  }
}

test('a process that waits for a signal says since when, until when and how to answer it', async () => {
  const kit = newKit()
  await kit.start(KINDS.order, null, { id: 'order-1' })
  await kit.skip({ minutes: 40 })
  await kit.signal('order-1', 'aprove', 'yes')
  const { main, answer, how, notes } = await reported(kit, 'order-1')

  expect(main).toMatch(/^Waits for the signal approve since <19 min .*>, until <1 d 5 h>\.$/)
  expect(how).toBe('Send the signal approve to let it continue.')
  expect(answer).toMatchObject({ action: 'signal', signal: 'approve' })
  expect(notes).toEqual(['Signals arrived that no wait has taken: aprove. Is the name the one it waits for?'])
})

test('a process that waits for a slot names the key, and leads to those that hold it', async () => {
  const kit = newKit()
  const concurrency = { key: 'account-7', limit: 1 }
  await kit.start(KINDS.locked, null, { id: 'locked-1', concurrency })
  await kit.start(KINDS.locked, null, { id: 'locked-2', concurrency })
  const { main, how } = await reported(kit, 'locked-2')

  expect(main).toBe('Waits for a free slot of account-7 since <0 ms>, without an end of its own.')
  expect(how).toBe('One process of this key may run at once. See account-7 for those that hold the slots.')
})

test('a stuck process says the error, and offers to resume it after a deploy', async () => {
  const kit = newKit()
  await kit.start(KINDS.invoice, null, { id: 'invoice-1' })
  changeTheCode()
  await kit.signal('invoice-1', 'paid', 1)
  const { tone, main, answer } = await reported(kit, 'invoice-1')

  expect(tone).toBe('bad')
  expect(main).toContain('NonDeterminism (non_determinism): ')
  expect(answer?.action).toBe('resume')
})

test('a process that is minutes behind its wait is overdue, and leads to the health page', async () => {
  const kit = newKit()
  await kit.start(KINDS.order, null, { id: 'order-1' })
  await kit.skip({ minutes: 5 })
  const { tone, main, notes } = await reported(kit, 'order-1', 30 * 60_000)

  expect(tone).toBe('warn')
  expect(main).toMatch(/^Waits for the sleep cooling-off since <.*>\. It is due now: /)
  expect(notes[0]).toMatch(/^It should have continued <.*>, and no worker has claimed it\./)
})

test('a process that no worker claims for minutes asks for a look at the workers', async () => {
  const kit = newKit()
  await kit.client.start(KINDS.order, null, { id: 'order-1' })

  expect(await reported(kit, 'order-1')).toMatchObject({ tone: 'calm', how: '' })
  expect((await reported(kit, 'order-1', 5 * 60_000)).how).toContain('No worker has claimed it.')
})

test('a callback can be answered, and an ended process retried unless it was', async () => {
  const kit = newKit()
  await kit.start(KINDS.banked, null, { id: 'banked-1' })
  expect((await reported(kit, 'banked-1')).answer?.action).toBe('answer')

  await kit.start(KINDS.order, null, { id: 'order-1' })
  await kit.skip({ minutes: 40 })
  await kit.signal('order-1', 'approve', 'no')
  const failed = await reported(kit, 'order-1')
  expect(failed.main).toContain('Error (process_failed): refused by the clerk.')
  expect(failed.answer?.action).toBe('retry')

  await kit.client.retry('order-1')
  const retried = await reported(kit, 'order-1')
  expect(retried.answer).toBeUndefined()
  expect(retried.notes).toEqual(['Retried as order-1.retry.'])
})

test('a running process names its holder, step and attempt, and a cancel that its code ignores', async () => {
  const kit = newKit()
  await kit.client.start(KINDS.order, null, { id: 'order-1' })
  const { view, now } = await lived(kit, 'order-1')
  const step = { name: 'charge', attempt: 2, since: now - 5_000 }
  const lease = { ownerId: 'w-1', claimedAt: now - 60_000, expiresAt: now + 20_000, step }
  const running = { ...view, status: 'running', lease, cancel: { at: now - 50_000, by: 'ann' } } as const

  const { main, notes } = reportState(running, now)
  expect(read(main, now)).toBe(
    'Held by w-1 since <1 min> until <20 s>, in step charge, attempt 2, since <5 s>.',
  )
  expect(read(notes[0], now)).toMatch(
    /^A cancel was asked for <50 s> by ann\. Its code has run on for 50 s since: /,
  )

  const late = reportState(running, now + 21_000)
  expect(read(late.main, now + 21_000)).toContain('whose lease ran out <1 s>. The worker is gone or cut off.')
})

test.each([
  ['signal "a b"', { effect: 'signal', name: 'a b' }],
  ['child order-7.3', { effect: 'child', name: 'order-7.3' }],
  ['worker', { effect: 'worker', name: '' }],
  ['signal "cut of', { effect: 'signal', name: 'cut of' }],
])('titleOf() reads the title %s', (title, parts) => {
  expect(titleOf(title)).toEqual(parts)
})

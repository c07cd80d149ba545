import type { ProcessId } from '../../lib/model/ids.ts'
import { dueShard } from '../../lib/model/due.ts'
import type { ProcessRegistry } from '../../lib/registry/port.ts'
import { aRegistration, aRequest, BROKEN, claimedOf, DONE, NOW, step, TTL } from '../conformance/suite/bed.ts'

/**
 * Every operation of the port once and more, in one deterministic story about one process and an external one.
 * Answers with everything that was answered, so that two runs can be compared.
 */
export async function wholeLife(registry: ProcessRegistry, name: string): Promise<readonly unknown[]> {
  const id = name as ProcessId
  const registration = aRegistration({ id, kind: name, input: { text: 'x'.repeat(600) } })
  const answers: unknown[] = []
  const told = <T>(answer: T): T => {
    answers.push(answer)
    return answer
  }
  told(await registry.register(registration, { now: NOW, belled: true }))
  const first = claimedOf(told(await registry.start(registration, aRequest('a'), NOW)))
  let held = told(await registry.commit(first.holding, [step(0)], NOW))
  told(await registry.renew(held.lease, TTL, NOW + 1))
  held = told(await registry.commit(held, [step(1, 'x'.repeat(500)), step(2, 'y'.repeat(500))], NOW))
  told(await registry.requestCancel(id, { reason: 'enough' }, NOW + 2))
  told(await registry.renew(held.lease, TTL, NOW + 3))
  held = told(await registry.refresh(held))
  const wait = { wait: { for: 'worker' }, dueAt: NOW + 5, belled: false } as const
  told(await registry.park(held, [step(3)], wait, NOW + 4))
  const second = claimedOf(told(await registry.claim(id, aRequest('b'), NOW + 5)))
  told(await registry.commit(second.holding, [step(4)], NOW + 6))
  const at = NOW + 5 + TTL
  const shard = dueShard(id)
  told((await registry.listDue({ shard, until: at })).items.filter((row) => row.id === id))
  const third = claimedOf(told(await registry.claim(id, aRequest('c'), at)))
  const payload = told(await registry.keep(id, 'z'.repeat(1_000), 'a value'))
  told(await registry.load(id, payload))
  told(await registry.release(third.holding, at))
  const fourth = claimedOf(told(await registry.claim(id, aRequest('d'), at)))
  told(await registry.complete(fourth.holding, [step(5)], { outcome: 'success', value: 'o'.repeat(900) }, at))
  told(await registry.list({ kind: name }))
  told(await registry.eventsAfter(id, 0))

  const external = aRegistration({ id: `${name}-ext`, kind: name, recovery: 'external' })
  told(await registry.register(external, { now: NOW, belled: false, completionToken: 'secret' }))
  told(await registry.completeExternal(external.id, 'secret', BROKEN, NOW))

  const hardAt = NOW + 1
  const once = aRegistration({ id: `${name}-once`, kind: name, recovery: 'abandon' })
  const lost = claimedOf(told(await registry.start(once, aRequest('a', { hardAt }), NOW)))
  told(await registry.renew(lost.holding.lease, TTL, NOW))
  told([...(await registry.leasedUntil([{ ...lost.holding.row, belled: false }]))])
  told(await registry.claim(once.id, aRequest('b'), NOW + 10_000_000))

  const given = aRegistration({ id: `${name}-given`, kind: name })
  const last = claimedOf(told(await registry.start(given, aRequest('a'), NOW)))
  told(await registry.requestAbandon(given.id, { reason: 'lost' }, NOW))
  told(await registry.claim(given.id, aRequest('b'), NOW + TTL))
  await registry.complete(last.holding, [], DONE, NOW).catch((error: Error) => told(error.name))
  return answers
}

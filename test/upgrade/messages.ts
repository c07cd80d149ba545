import { parseProcessId } from '../../lib/model/ids.ts'
import { lookMessage, startMessage } from '../../lib/queue/messages.ts'

/** The starts and wake-ups that stand in the queue at this moment of the scene. */
export function messagesInFlight(now: number): readonly string[] {
  return [
    startMessage({
      id: 'from-message',
      kind: 'part',
      input: { n: 6 },
      scope: 'tenant-1',
      startAt: now - 1_000,
      provenance: { source: 'shop' },
      limits: { timeoutMs: 3_600_000, maxStalls: 2, retentionMs: 360_000_000 },
      concurrency: { key: 'account-8', limit: 2 },
      urgent: true,
    }),
    startMessage({ id: 'registered', kind: 'part', input: { n: 4 } }),
    lookMessage(parseProcessId('registered')),
    lookMessage(parseProcessId('dead-twice'), true),
    lookMessage(parseProcessId('ended-completed')),
  ]
}

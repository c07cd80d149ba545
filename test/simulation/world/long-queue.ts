import type { QueueName } from '../../../lib/queue/doorbell.ts'
import type { Random } from './random.ts'

/** A time in which these queues are long. What is sent to them waits behind all the others, until it has ended. */
export type LongQueues = {
  readonly names: readonly QueueName[]
  readonly fromMs: number
  readonly forMs: number
}

/** Others' messages that wait in a long queue: more than the sweep takes for usual. */
export const OTHERS_WAITING = 2_000

const SECOND = 1_000
const MINUTE = 60 * SECOND
const CHANCE = 0.08

/**
 * It begins once some processes have begun, for later nothing starts by that queue. It lasts for longer than clocks and
 * indexes may be behind, so that a pass of the sweep can be blamed.
 */
export function longQueuesOf(random: Random): LongQueues | undefined {
  if (!random.chance(CHANCE)) return undefined
  return {
    names: random.pick([
      ['work'],
      ['work'],
      ['work', 'isolation'],
      ['urgent'],
      ['work', 'urgent', 'isolation'],
    ]),
    fromMs: random.pick([100, SECOND, 5 * SECOND, 30 * SECOND]),
    forMs: random.pick([10, 20, 40]) * MINUTE,
  }
}

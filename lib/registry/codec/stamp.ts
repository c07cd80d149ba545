import type { EpochMs } from '../../model/clock.ts'
import type { Guard, Key, Write } from '../store/store.ts'
import { TABLE } from '../table.ts'
import { expireAtSeconds, TTL } from './rows.ts'

/** Sets the expiry of an item that exists and has none. The guard is needed: an update would create a missing item. */
export function stamp(key: Key, keptUntil: EpochMs): Write {
  const when: Guard = {
    all: [
      { attr: TABLE.partitionKey.name, is: key.pk },
      { attr: TTL, absent: true },
    ],
  }
  return { do: 'update', key, change: { set: { [TTL]: expireAtSeconds(keptUntil, 0) } }, when }
}

import type { EpochMs } from '../../model/clock.ts'
import type { Guard, Key, Write } from '../store/store.ts'
import { TABLE } from '../table.ts'
import { expireAtSeconds, TTL } from './rows.ts'

/** Gives an item its time to go, where it is there and has none. An update makes an item where there is none, and this must not. */
export function stamp(key: Key, keptUntil: EpochMs): Write {
  const when: Guard = {
    all: [
      { attr: TABLE.partitionKey.name, is: key.pk },
      { attr: TTL, absent: true },
    ],
  }
  return { do: 'update', key, change: { set: { [TTL]: expireAtSeconds(keptUntil, 0) } }, when }
}

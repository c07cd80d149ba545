import type { AnyDefinition } from '../../lib/effects/definition.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import type { PayloadCodec, PayloadPorts } from '../../lib/registry/payload-ports.ts'
import type { ItemStore } from '../../lib/registry/store/store.ts'
import { TestKit } from '../../lib/testing/kit.ts'
import { SILENT } from '../../lib/telemetry/port.ts'
import { DEFINITIONS } from './definitions.ts'

/** A codec whose bytes depend on the version of no library. */
export const MIRROR: PayloadCodec = {
  encode: (plain) => Promise.resolve(plain.toReversed()),
  decode: (coded) => Promise.resolve(coded.toReversed()),
}

type KitOptions = {
  readonly startAt: number
  readonly definitions?: readonly AnyDefinition[]
  readonly payloads?: PayloadPorts
}

/** The system of today on a store. One process waits in the queue of a key; the next one finds it full. */
export function kitOver(
  store: ItemStore,
  { startAt, definitions = DEFINITIONS, payloads = {} }: KitOptions,
): TestKit {
  const clock = { now: () => kit.clock.now() }
  const registry = new MemoryProcessRegistry({ store, clock, payloads, slotQueueMax: 1 })
  const kit: TestKit = new TestKit({ definitions, startAt, registry, telemetry: SILENT })
  return kit
}

/** The token that a process has given away in its event. */
export async function tokenOf(kit: TestKit, id: string): Promise<string> {
  for (const entry of await kit.log(id)) {
    if (entry.type !== 'effect' || entry.effect !== 'emit' || entry.name !== 'token') continue
    const { outcome } = entry
    const value = outcome.ok && outcome.value !== undefined && 'value' in outcome.value && outcome.value.value
    if (typeof value !== 'object' || value === null || !('token' in value)) continue
    if (typeof value.token === 'string') return value.token
  }
  throw new Error(`${id} has given no token away`)
}

import { expectConfig, type Options } from '../model/options.ts'
import { PAYLOAD_PORTS } from './payload-ports.ts'
import { MemoryStore } from './store/memory-store.ts'
import { StoreRegistry, type RegistryFacts } from './registry.ts'
import type { ItemStore } from './store/store.ts'

export type MemoryRegistryConfig = Pick<
  RegistryFacts,
  'dueShards' | 'listShards' | 'payloads' | 'clock' | 'slotQueueMax'
> & {
  /** Registries on one store are workers on one table. Default: a store of its own. */
  readonly store?: ItemStore
}

const CONFIG: Options<MemoryRegistryConfig> = {
  dueShards: 'any',
  listShards: 'any',
  payloads: PAYLOAD_PORTS,
  clock: 'any',
  slotQueueMax: 'any',
  store: 'any',
}

/** The registry in memory, for tests and simulation. A restart forgets everything, so no durable controller takes it. */
export class MemoryProcessRegistry extends StoreRegistry {
  constructor(config: MemoryRegistryConfig = {}) {
    expectConfig<MemoryRegistryConfig>(config, CONFIG)
    const { store = new MemoryStore(), ...facts } = config
    super(store, { durable: false, name: 'MemoryProcessRegistry', ...facts })
  }
}

import { describe } from 'vitest'
import type { ProcessRegistry } from '../../lib/registry/port.ts'
import { StoreRegistry } from '../../lib/registry/registry.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import type { Guard } from '../../lib/registry/store/store.ts'
import type { Ground } from '../helpers/effects.ts'
import { effectsConformance } from './suite/effects.ts'

describe('effects on the registry in memory', () => {
  const stores = new WeakMap<ProcessRegistry, MemoryStore>()
  const ground: Ground = {
    open() {
      const store = new MemoryStore()
      const registry = new StoreRegistry(store, { durable: false, name: 'MemoryProcessRegistry' })
      stores.set(registry, store)
      return Promise.resolve(registry)
    },
    async transact(registry, check) {
      const [pk = '', sk = ''] = Object.values(check.Key)
      const [fence, status] = Object.keys(check.ExpressionAttributeValues)
      const names = Object.values(check.ExpressionAttributeNames)
      const values = [fence, status].map((key) => check.ExpressionAttributeValues[key ?? ''])
      const all = names.map((attr, index): Guard => ({ attr, is: values[index] ?? '' }))
      const reply = await stores.get(registry)?.transact([
        { do: 'check', key: { pk, sk }, when: { all } },
        { do: 'put', item: { pk: 'payment', sk: 'PAYMENT' } },
      ])
      return reply?.applied === true
    },
    manySteps: 10_000,
    many: 1_000,
    stride: 1,
  }
  effectsConformance(ground)
})

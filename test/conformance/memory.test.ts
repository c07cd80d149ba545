import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { registryConformance } from './suite/index.ts'

registryConformance({
  name: 'in memory',
  open: () =>
    Promise.resolve({
      store: new MemoryStore(),
      registryOver: (store) => new MemoryProcessRegistry({ store }),
    }),
})

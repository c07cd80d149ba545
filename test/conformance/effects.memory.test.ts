import { describe } from 'vitest'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import type { Ground } from '../helpers/effects.ts'
import { effectsCallbacks } from './suite/effects-callbacks.ts'
import { effectsChildren } from './suite/effects-children.ts'
import { effectsReplay } from './suite/effects-replay.ts'
import { effectsSteps } from './suite/effects-steps.ts'
import { effectsWaits } from './suite/effects-waits.ts'

describe('effects on the registry in memory', () => {
  const ground: Ground = {
    open: () => Promise.resolve(new MemoryProcessRegistry()),
    manySteps: 10_000,
    many: 1_000,
  }
  effectsSteps(ground)
  effectsWaits(ground)
  effectsCallbacks(ground)
  effectsChildren(ground)
  effectsReplay(ground)
})

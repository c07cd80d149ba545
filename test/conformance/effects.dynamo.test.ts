import { describe, inject } from 'vitest'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/worker/system.ts'
import type { Ground } from '../helpers/effects.ts'
import { freshTable, localClient } from '../helpers/table.ts'
import { effectsCallbacks } from './suite/effects-callbacks.ts'
import { effectsChildren } from './suite/effects-children.ts'
import { effectsReplay } from './suite/effects-replay.ts'
import { effectsSteps } from './suite/effects-steps.ts'
import { effectsWaits } from './suite/effects-waits.ts'

describe('effects on DynamoDB', () => {
  const client = localClient(inject('dynamoEndpoint'))
  const ground: Ground = {
    async open() {
      const tableName = await freshTable(client, 'effects')
      return new DynamoProcessRegistry({ client, tableName, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE })
    },
    // The emulator takes a few hundred writes a second.
    manySteps: 800,
    many: 200,
  }
  effectsSteps(ground)
  effectsWaits(ground)
  effectsCallbacks(ground)
  effectsChildren(ground)
  effectsReplay(ground)
})

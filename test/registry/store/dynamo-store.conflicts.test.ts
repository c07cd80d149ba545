import { expect, test } from 'vitest'
import { startEmbeddedStore } from '../../../lib/local/embedded/embedded-store.ts'
import { DynamoProcessRegistry } from '../../../lib/registry/dynamo.ts'
import { hastyClock } from '../../helpers/faulty-client.ts'
import { wholeLife } from '../../helpers/life.ts'
import { freshTable, localClient } from '../../helpers/table.ts'

test('C18 a registry answers as ever when each item is at first held by another transaction', async () => {
  const undisturbed = await answersOf(() => false)
  const held = new Set<string>()
  const disturbed = await answersOf(({ key }) => {
    const name = JSON.stringify(key)
    // Each second access of an item meets a conflict: the next try succeeds.
    return held.delete(name) ? false : (held.add(name), true)
  })
  expect(disturbed.answers).toEqual(undisturbed.answers)
  expect(undisturbed.conflicts).toBe(0)
  expect(disturbed.conflicts).toBeGreaterThan(20)
})

type IsHeld = NonNullable<NonNullable<Parameters<typeof startEmbeddedStore>[0]>['isHeld']>

async function answersOf(isHeld: IsHeld) {
  let conflicts = 0
  const store = await startEmbeddedStore({
    isHeld: (item) => {
      const conflict = isHeld(item)
      if (conflict) conflicts += 1
      return conflict
    },
  })
  const client = localClient(store.endpoint)
  try {
    let tokens = 0
    const registry = new DynamoProcessRegistry({
      client,
      tableName: await freshTable(client, 'conflicts'),
      clock: hastyClock(),
      // A transaction keeps its token in all its tries, so both runs use the same tokens.
      chance: { random: () => 0.5, token: () => `token-${(tokens += 1)}` },
    })
    return { answers: await wholeLife(registry, 'life'), conflicts }
  } finally {
    client.destroy()
    await store.stop()
  }
}

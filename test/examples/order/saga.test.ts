import * as v from 'valibot'
import { expect, test } from 'vitest'
import { saga } from '../../../examples/order/saga.ts'
import { defineProcess } from '../../../lib/effects/definition.ts'
import { TestKit } from '../../../lib/testing/index.ts'

test('a cancelled saga that could not be undone ends failed, so that an operator looks at it', async () => {
  const trip = defineProcess({
    kind: 'trip',
    input: v.null(),
    output: v.void(),
    run: (context) =>
      saga(context, async (undo) => {
        undo(() =>
          context.step('undo flight', () => {
            throw new Error('the airline does not answer')
          }),
        )
        await context.sleep({ days: 1 })
      }),
  })
  const kit = new TestKit({ definitions: [trip] })
  await kit.start(trip, null, { id: 't-1' })
  await kit.skip({ hours: 1 })
  await kit.cancel('t-1')
  expect(await kit.result('t-1')).toMatchObject({ outcome: 'failure', error: { class: 'AggregateError' } })
})

test('a compensation that fails stops none of the others, and the process says so', async () => {
  const undone: string[] = []
  const trip = defineProcess({
    kind: 'trip',
    input: v.null(),
    output: v.void(),
    run: (context) =>
      saga(context, async (undo) => {
        for (const part of ['flight', 'hotel', 'car']) {
          undo(async () => {
            await context.step(`undo ${part}`, () => {
              if (part === 'hotel') throw new Error('the hotel does not answer')
              undone.push(part)
            })
          })
          await context.step(part, () => part)
        }
        await context.step('pay', () => {
          throw new Error('no money')
        })
      }),
  })
  const kit = new TestKit({ definitions: [trip] })
  await kit.start(trip, null, { id: 't-1' })
  expect(undone).toEqual(['car', 'flight'])
  expect(await kit.result('t-1')).toMatchObject({
    outcome: 'failure',
    error: { class: 'AggregateError', message: '1 of 3 parts could not be undone' },
  })
})

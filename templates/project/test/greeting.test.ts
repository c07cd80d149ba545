import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestKit } from 'leasehold/testing'
import { greeting } from '../src/processes/greeting.ts'

void test('a guest is greeted twice', async () => {
  const kit = new TestKit({ definitions: [greeting] })
  await kit.start(greeting, { name: 'Ann' }, { id: 'greeting-ann' })
  await kit.skip({ seconds: 2 })
  assert.deepEqual(await kit.result('greeting-ann'), {
    outcome: 'success',
    value: { greetings: ['Hello Ann', 'Welcome back, Ann'] },
  })
  // Runs the code again at other times: it has to ask for the same effects.
  await kit.checkReplay('greeting-ann')
})

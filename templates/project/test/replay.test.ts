import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { replayHistory } from 'leasehold/testing'
import { definitions } from '../src/processes/index.ts'

// Histories of processes that ran before. A change of the code that would leave such a process stuck fails here, before it
// is deployed. No body of a step runs.

const HISTORIES = join(import.meta.dirname, 'histories')

for (const name of readdirSync(HISTORIES)) {
  void test(`today's code continues ${name}`, async () => {
    const history: unknown = JSON.parse(readFileSync(join(HISTORIES, name), 'utf8'))
    const verdict = await replayHistory(history, { definitions })
    assert.ok(verdict.verdict === 'same-end' || verdict.verdict === 'frontier', JSON.stringify(verdict))
  })
}

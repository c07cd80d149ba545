import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { untilGone } from '../helpers/processes.ts'

test('a child in a busy loop ends when its parent is killed', async () => {
  const parent = spawn(process.execPath, [join(import.meta.dirname, 'fixtures/parent.ts')])
  const [[told], [, signal]] = (await Promise.all([once(parent.stdout, 'data'), once(parent, 'exit')])) as [
    [Buffer],
    [number | null, string],
  ]
  expect(signal).toBe('SIGKILL')
  const child = Number(told.toString('utf8'))
  expect(child).toBeGreaterThan(0)
  await untilGone([child])
})

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Live } from '../examples/lives.ts'

const EXAMPLES = join(import.meta.dirname, '../../examples')
const examples = readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, 'main.ts')))

test('there are examples to kill', () => {
  expect(examples).toEqual(expect.arrayContaining(['agent', 'approval', 'crawler', 'import', 'order']))
})

// Every process of every example dies at each of its writes, before it is applied and after it, and comes to the same end
// with the same effects, and leaves the same world.
for (const example of examples) {
  const path = join(import.meta.dirname, '../examples', example, 'lives.ts')
  const { lives } = (await import(pathToFileURL(path).href)) as { lives: { [name: string]: Live } }

  describe(example, () => {
    test.each(Object.keys(lives))(
      '%s: a crash at any write changes nothing',
      { timeout: 120_000 },
      async (name) => {
        const live = lives[name]!
        const calm = await live()
        expect(calm.takeovers).toBe(0)
        let takeovers = 0
        for (let nth = 1; nth <= calm.writes; nth += 1) {
          for (const when of ['before', 'after'] as const) {
            const { output, history, world, ...life } = await live({ nth, when })
            takeovers += life.takeovers
            expect({ nth, when, output, history, world }).toEqual({
              nth,
              when,
              output: calm.output,
              history: calm.history,
              world: calm.world,
            })
          }
        }
        // But for the first write and the last ones, each death leaves a process that another worker takes over.
        expect(takeovers).toBeGreaterThanOrEqual(calm.writes - 2)
      },
    )
  })
}

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runNode } from './child.ts'

const SIMULATE = join(import.meta.dirname, '../simulate.ts')

type Told = { readonly out: string; readonly code: number | null; readonly lines: readonly string[] }

async function told(bug: string, seed: number): Promise<Told> {
  const { out, code } = await runNode([SIMULATE, '--plant', bug, '--seed', String(seed)])
  return { out, code, lines: out.trim().split('\n') }
}

test('a failing seed prints the same story in two processes', async () => {
  const [once, again] = await Promise.all([
    told('without naming its fence', 9),
    told('without naming its fence', 9),
  ])
  expect(once.out).toBe(again.out)
  expect(once.code).toBe(1)
  expect(once.lines[0]).toMatch(/^seed 9 \(hash \d+, \d+ events\), shrunk in \d+ worlds:$/)
})

// What each of them takes as measured, and a few lines more: a story that grows by half is no longer a short one.
test.each([
  { bug: 'an owner writes without naming its fence', seed: 9, faults: 1, linesMax: 30 },
  { bug: 'an interrupted step that may run once runs again', seed: 4, faults: 2, linesMax: 32 },
  { bug: 'a claim leaves the due index', seed: 1, faults: 0, linesMax: 20 },
])('of $bug little is left, and its end says what shows it', async ({ bug, seed, faults, linesMax }) => {
  const { lines, code } = await told(bug, seed)
  expect(code).toBe(1)
  expect(lines.length).toBeLessThanOrEqual(linesMax)
  expect(lines[1]).toMatch(new RegExp(`^ {2}${faults === 0 ? 'no faults' : `${faults} faults?`}, 1 worker`))
  const end = lines.slice(lines.findIndex((line) => line.startsWith('✗')))
  const shown = end.filter((line) => /^ {2}line \d+: /.test(line))
  expect(shown.length).toBeGreaterThanOrEqual(2)
  // Each of them is a line of the story.
  for (const line of shown) {
    const [, number, text = ''] =
      /^ {2}line (\d+): (?:worker|server|client|sweep)(?: \d+)?(?: \(host process \d+\))? (.*)$/.exec(line) ??
      []
    expect(lines.find((each) => each.trimStart().startsWith(`${number} `))).toContain(text)
  }
  expect(lines.at(-1)).toBe(`again: npm run simulate -- --plant "${bug}" --seed ${seed}`)
})

test('--whole prints the whole seed with the condition of each write', async () => {
  const { out, code } = await runNode([SIMULATE, '--seed', '7723', '--whole'])
  expect(code).toBe(0)
  expect(out).toMatch(/client +registers p2: pending.*\[on condition of p2: there is none\]/)
  expect(out).toMatch(/worker \d +claims p2: pending → running, fence 0 → 1, lease until/)
  expect(out).toMatch(/seed 7723 \(hash \d+, \d+ events\): nothing broken/)
})

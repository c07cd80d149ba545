import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { esbuildOptions } from '../../lib/bundle/options.ts'
import { authorStack, placeOf, readableStack } from '../../lib/telemetry/stacks.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leasehold-stacks-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a stack of a bundle, built as it is deployed, names the line in the source', async () => {
  const source = join(folder, 'source.ts')
  await writeFile(
    source,
    `const fails = () => {\n\n  throw new Error('here')\n}\ntry { fails() } catch (e) { console.log(e.stack) }\n`,
  )
  const outfile = join(folder, 'index.mjs')
  await build({ ...esbuildOptions(source), outfile, write: true })
  // In a process of its own: the test runner maps the stacks of its own.
  const { stdout: stack } = await promisify(execFile)(process.execPath, [outfile])
  expect(stack).toContain('index.mjs:')
  expect(readableStack(stack)).toContain('source.ts:3:9')
})

test('a stack without a map stays as it is', () => {
  const stack = stackOf(() => {
    throw new Error('here')
  })
  expect(readableStack(stack)).toBe(stack)
})

test('a map that cannot be read costs the stack nothing', async () => {
  const file = join(folder, 'broken.mjs')
  await writeFile(`${file}.map`, 'not json')
  const stack = `Error: here\n    at fn (${pathToFileURL(file).href}:1:2)\n    at node:internal/process/task_queues:95:5`
  expect(readableStack(stack)).toBe(stack)
})

function stackOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof Error && error.stack !== undefined) return error.stack
  }
  throw new Error('nothing was thrown')
}

test('the place of an error is its first frame outside of the library, of Node and of packages', () => {
  const frames = [
    '    at step (/srv/node_modules/leasehold/lib/effects/step.ts:1:2)',
    '    at node:internal/process/task_queues:95:5',
    '    at async Promise.all (index 0)',
    '    at async run (/srv/my code/order.ts:23:5)',
    '    at /srv/other.ts:1:1',
  ]
  expect(placeOf({ stack: ['Error: x', ...frames].join('\n') })).toBe('/srv/my code/order.ts:23:5')
  expect(placeOf(new Error('here'))).toMatch(/stacks\.test\.ts:\d+:\d+$/u)
  expect(placeOf({ stack: frames.slice(0, 3).join('\n') })).toBeUndefined()
  for (const thrown of ['text', undefined, null, 7, {}, { stack: 7 }]) expect(placeOf(thrown)).toBeUndefined()
})

test('frames of the library are left out below the author’s, and stay where they come first', () => {
  const own = `    at own (${join(import.meta.dirname, '../../lib/effects/step.ts')}:1:2)`
  const [error, mine, node] = ['Error: x', '    at mine (/srv/order.ts:1:2)', '    at node:timers:1:2']
  const text = (...lines: readonly (string | undefined)[]) => lines.join('\n')
  expect(authorStack(text(error, mine, own, node, mine), false)).toBe(text(error, mine, mine))
  expect(authorStack(text(error, own, mine), false)).toBe(text(error, own, mine))
  expect(authorStack(text(error, own, mine), true)).toBe(text(error, mine))
})

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')
let folder: string

beforeAll(async () => {
  await mkdir(join(ROOT, 'build'), { recursive: true })
  folder = await mkdtemp(join(ROOT, 'build/closing-line-'))
  const reporter = JSON.stringify(join(ROOT, 'test/helpers/closing-line.ts'))
  await writeFile(
    join(folder, 'vitest.config.ts'),
    `import { ClosingLine } from ${reporter}
     export default { test: { include: ['*.sample.ts'], reporters: ['default', new ClosingLine()] } }`,
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the closing line', () => {
  const CASES = [
    [
      'counts what failed',
      `test('a', () => {})\ntest('b', () => expect(1).toBe(2))`,
      '1 passed, 1 failed',
      1,
    ],
    [
      'takes a skipped test for a failed one',
      `test('a', () => {})\ntest.skip('b', () => {})`,
      '1 passed, 1 failed',
      1,
    ],
    [
      'takes a file that cannot be loaded for a failed test',
      `throw new Error('broken')`,
      '0 passed, 2 failed',
      1,
    ],
    [
      'takes an error that no code caught for a failed test',
      `test('a', async () => { void Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 20)) })`,
      '1 passed, 1 failed',
      1,
    ],
  ] as const

  for (const [index, [name, code, line, exitCode]] of CASES.entries()) {
    test(name, async () => {
      const file = `case-${index}.sample.ts`
      await writeFile(join(folder, file), `import { expect, test } from 'vitest'\nexpect\n${code}\n`)
      const { output, code: got } = await runVitest(file)
      expect(output.trimEnd().split('\n').at(-1)).toBe(line)
      expect(got).toBe(exitCode)
    })
  }

  test('says so when no test was found', async () => {
    const { output, code } = await runVitest('nothing-there')
    expect(output.trimEnd().split('\n').at(-1)).toBe('0 passed, 1 failed')
    expect(code).toBe(1)
  })
})

function runVitest(file: string): Promise<{ output: string; code: number }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [VITEST, 'run', '--root', folder, file],
      { cwd: ROOT },
      (_, out) => resolve({ output: out, code: child.exitCode ?? -1 }),
    )
  })
}

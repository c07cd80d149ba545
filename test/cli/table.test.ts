import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { TABLE } from '../../lib/cli/table.ts'
import { leasehold } from './cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'leasehold-modules-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Prints each module that is loaded, when the program ends. */
const COUNTER = `
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
process.on('exit', () => process.stderr.write(loaded.map((url) => 'loaded ' + url + '\\n').join('')))
`

async function loadedBy(line: string): Promise<readonly string[]> {
  const counter = join(folder, 'counter.mjs')
  writeFileSync(counter, COUNTER)
  const { code, err } = await leasehold(line, { env: { NODE_OPTIONS: `--import=${counter}` } })
  expect(code).toBe(0)
  return [...err.matchAll(/^loaded (.*)$/gmu)].map(([, url = '']) => url)
}

describe('the command loads what it needs:', () => {
  test.each(['--help', 'list --help', '--version'])('%s loads no AWS client and no prompts', async (line) => {
    const loaded = await loadedBy(line)
    expect(loaded.some((url) => url.endsWith('/lib/cli/table.ts'))).toBe(true)
    expect(loaded.filter((url) => /@aws|@smithy|@clack|@bomb|hono|esbuild|\/local\//u.test(url))).toEqual([])
    // Those of commander, of the table, and of the errors and limits of the model.
    expect(loaded.filter((url) => url.startsWith('file:')).length).toBeLessThanOrEqual(MODULES_MAX)
  })
})
/** Measured: 38 for --help. */
const MODULES_MAX = 50

test('complete answers a shell with commands and options of the table', async () => {
  const { out } = await leasehold(['complete', '--', ''])
  const offered = out.split('\n').map((line) => line.split('\t')[0])
  for (const name of new Set(TABLE.map(({ spec }) => spec.name.split(' ')[0])))
    expect(offered).toContain(name)
  expect((await leasehold(['complete', '--', 'list', '--sc'])).out).toMatch(/^--scope\t/mu)
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterAll, expect, test } from 'vitest'
import { defineProcess } from '../../../lib/effects/definition.ts'
import { parseProcessId } from '../../../lib/model/ids.ts'
import { historyOf, TestKit, writeHistory } from '../../../lib/testing/index.ts'
import { Program } from '../../helpers/program.ts'
import { aProject } from '../../helpers/project.ts'

const order = defineProcess({
  kind: 'order',
  input: v.object({ sku: v.string() }),
  output: v.string(),
  async run(context, { sku }) {
    await context.step('charge', () => sku)
    await context.signal('packed')
    return context.step('ship', () => 'shipped')
  },
})

/** The same code in a project. A body that runs ends the process, and so would a secret. */
const SOURCE = `import * as v from 'valibot'
import { defineProcess } from 'leasehold'
if (process.env['SHOP_SECRET'] !== 'stripped') process.exit(9)
export const definitions = [defineProcess({
  kind: 'order',
  input: v.object({ sku: v.string() }),
  output: v.string(),
  async run(context) {
    await context.step('charge', () => process.exit(8))
    await context.signal('packed')
    return context.step('ship', () => process.exit(8))
  },
})]
`

async function historyFile(id: string, packed: boolean): Promise<string> {
  const kit = new TestKit({ definitions: [order] })
  await kit.start(order, { sku: 'a' }, { id })
  if (packed) await kit.signal(id, 'packed')
  const load = kit.registry.load.bind(kit.registry, parseProcessId(id))
  return writeHistory(await historyOf({ process: await kit.record(id), entries: await kit.log(id), load }))
}

const FILES = ['o-1.json', 'o-2.json']
const project = aProject({
  'src/processes/index.ts': SOURCE,
  'o-1.json': await historyFile('o-1', false),
  'o-2.json': await historyFile('o-2', true),
})
const { folder } = project
afterAll(() => project.remove())

async function replay(...args: readonly string[]) {
  const program = new Program(['replay', ...args], { cwd: folder, env: { SHOP_SECRET: 'x' } })
  return { code: await program.code, out: program.out, err: program.err }
}

test('replay ends with 0 if each process continues or comes to the same end', async () => {
  const { code, out, err } = await replay(...FILES)
  expect(out).toBe('o-1 (order) reaches its frontier\no-2 (order) comes to the same end\n')
  expect(err).toBe('2 replayed, 0 with problems\n')
  expect(code).toBe(0)
})

test('replay ends with 10 on changed code, and reports the line to CI', async () => {
  project.write('src/changed.ts', SOURCE.replace("'ship'", '\'send "it"\''))
  const { code, out } = await replay(...FILES, '--entry', 'src/changed.ts', '--junit', 'report.xml', '--json')
  expect(code).toBe(10)
  const [first, second] = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(first).toMatchObject({ id: 'o-1', verdict: 'frontier' })
  expect(second).toEqual({
    id: 'o-2',
    kind: 'order',
    verdict: 'diverges',
    position: 2,
    recorded: 'step "ship"',
    asked: String.raw`step "send \"it\""`,
    at: expect.stringMatching(/^src\/changed\.ts:11:\d+$/u),
  })
  const report = readFileSync(join(folder, 'report.xml'), 'utf8')
  expect(report).toContain('tests="2" failures="1" errors="0"')
  expect(report).toContain('<testcase classname="order" name="o-1"/>')
  expect(report).toMatch(
    /name="o-2"><failure message="[^"<>]*asked step &quot;send [^"<>]*src\/changed\.ts:11/u,
  )
})

test('replay refuses a damaged file, a missing one, and code that cannot be bundled', async () => {
  project.write('damaged.json', readFileSync(join(folder, 'o-1.json'), 'utf8').slice(0, 200))
  const damaged = await replay('damaged.json')
  expect(damaged).toMatchObject({ code: 1, out: '' })
  expect(damaged.err).toContain('damaged.json cannot be replayed: it is no JSON')
  expect(await replay('none.json')).toMatchObject({ code: 2, out: '' })
  project.write('src/broken.ts', `${SOURCE}const x =`)
  const broken = await replay('o-1.json', '--entry', 'src/broken.ts')
  expect(broken.code).toBe(1)
  expect(broken.err).toContain('the code cannot be used:\nsrc/broken.ts:14:')
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { writePlan, type BulkPlan } from '../../lib/cli/bulk-plan.ts'
import { runLine } from '../../lib/cli/main.ts'
import type { Spec } from '../../lib/cli/spec.ts'
import { TABLE } from '../../lib/cli/table.ts'
import { SCOPES } from '../../lib/api/route.ts'
import { localToken } from '../../lib/local/gateway/tokens.ts'
import { startLocalStack, type LocalStack } from '../../lib/local/stack.ts'
import { CLOSED_URL } from '../helpers/closed-port.ts'
import type { Ended } from './cli.ts'

// Every command of the table that has a target, with each kind of bad input, against one real local stack whose API takes tokens.
// What a process of its own adds is tested in main.test.ts: here the commands run in this one.

const FIXTURES = join(import.meta.dirname, '../conformance/fixtures')
const ALL = SCOPES.map((scope) => `leasehold/${scope}`).join(' ')

const folder = mkdtempSync(join(tmpdir(), 'leasehold-bad-input-'))
let stack: LocalStack
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', '')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', '')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere')
  mkdirSync(join(folder, 'src/processes'), { recursive: true })
  writeFileSync(join(folder, 'src/processes/index.ts'), 'export const definitions = []\n')
  const [workerEntry, apiEntry] = [join(FIXTURES, 'worker.ts'), join(FIXTURES, 'api.ts')]
  stack = await startLocalStack({ workerEntry, apiEntry, statusEvents: false, apiAuth: 'jwt' })
  const started = await run(['start', 'echo', 'ended', '--input', '{"n":1}', '--wait', ...withToken(ALL)])
  expect(started.code).toBe(0)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await stack.stop()
  rmSync(folder, { recursive: true })
})

async function run(words: readonly string[]): Promise<Ended> {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await runLine(words, {
    terminal: {
      line: async (text) => void out.push(text),
      note: (text) => void err.push(text),
      problem: (text) => void err.push(`leasehold: ${text}`),
      styled: (_, text) => text,
      at: String,
      isInteractive: false,
      columns: 100,
    },
    env: {},
    cwd: folder,
    interrupted: () => new AbortController().signal,
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

/** A word for each argument of the table. */
const WORDS: Readonly<Record<string, string>> = {
  id: 'nosuch',
  kind: 'echo',
  name: 'approved',
  token: 'none',
}
/** What a command needs besides its arguments before it asks anything. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  replay: ['--kind', 'echo'],
  'callback fail': ['--message', 'late'],
  start: ['--input', '{"n":1}'],
  slots: ['--release', 'nosuch'],
}
/** Those ask the queues, or report what is wrong as their answer. */
const OTHERS = /^(?:dlq |doctor$)/u
const commands = TABLE.map(({ spec }) => spec).filter(
  ({ name, takes }) => takes.includes('target') && !OTHERS.test(name),
)
const confirmed = commands.filter(({ takes }) => takes.includes('confirm'))
let plans = 0

/** A whole command line but for its target, with `--yes` if it would ask. */
function lineOf(spec: Spec, { id = 'nosuch', yes = true, url = '' } = {}): readonly string[] {
  const words = Object.entries(spec.args).flatMap(([name, { optional }]) => {
    if (name === 'file') return [planFor(url)]
    if (optional === true) return []
    return [name === 'id' ? id : (WORDS[name] ?? name)]
  })
  const filter = spec.name.startsWith('bulk ') && spec.args['file'] === undefined
  plans += 1
  return [
    ...spec.name.split(' '),
    ...words,
    ...(NEEDS[spec.name] ?? []),
    ...(filter ? ['--kind', 'echo', '--plan', join(folder, `plan-${plans}.json`)] : []),
    ...(yes && spec.takes.includes('confirm') ? ['--yes'] : []),
  ]
}

function planFor(url: string, ids: readonly string[] = ['nosuch']): string {
  plans += 1
  const plan: BulkPlan = {
    format: 'leasehold-bulk',
    version: 1,
    plan: 'bulk-1',
    url,
    action: 'signal',
    body: { name: 'note', key: 'bulk-1', payload: null },
    statuses: ['waiting', 'completed'],
    items: ids.map((id) => ({ id, status: 'waiting' })),
  }
  const path = join(folder, `plan-${plans}.json`)
  writeFileSync(path, writePlan(plan))
  return path
}

const withToken = (scope: string) => [
  '--api',
  stack.apiUrl,
  '--token-command',
  `echo ${localToken({ sub: 'ops', scope })}`,
]

describe.each(commands.map((spec) => [spec.name, spec] as const))('leasehold %s', (_, spec) => {
  test('ends with 2 without a target and with two', async () => {
    const none = await run(lineOf(spec))
    expect(none).toMatchObject({ code: 2, out: '' })
    expect(none.err).toContain('no target: name one by --local, --stack NAME or --api URL')
    const two = await run([...lineOf(spec), '--local', '--api', CLOSED_URL])
    expect(two).toMatchObject({ code: 2, out: '' })
    expect(two.err).toContain('--local and --api name two targets')
  })

  test('ends with 4 without AWS credentials, without a token and without the right', async () => {
    const credentials = await run([...lineOf(spec), '--stack', 'orders', '--region', 'eu-west-1'])
    expect(credentials).toMatchObject({ code: 4, out: '' })
    expect(credentials.err).toMatch(/target: stack orders.*\nleasehold: no AWS credentials.*--profile/su)
    const lineHere = lineOf(spec, { url: stack.apiUrl })
    const failing = await run([...lineHere, '--api', stack.apiUrl, '--token-command', 'exit 9'])
    expect(failing).toMatchObject({ code: 4, out: '' })
    expect(failing.err).toContain('the token command ended with 9')
    const forbidden = await run([...lineHere, ...withToken('leasehold/none')])
    // The token of a callback is its right, and this one is of no callback.
    expect(forbidden).toMatchObject({ code: spec.name.startsWith('callback ') ? 5 : 4, out: '' })
    expect(forbidden.err).toMatch(/\nleasehold: (?:not allowed: it needs scope leasehold\/|.*callback)/u)
  })

  test('ends with 1 and the reason when the network is away', async () => {
    const { code, out, err } = await run([...lineOf(spec, { url: CLOSED_URL }), '--api', CLOSED_URL])
    expect({ code, out, err }).toMatchObject({ out: '' })
    expect(err).toContain('ECONNREFUSED')
    expect(code).toBe(spec.name === 'bulk apply' ? 7 : 1)
  })
})

describe('an id that no process has, or that has ended:', () => {
  const ENDED: Readonly<Record<string, number>> = { signal: 5, cancel: 5, abandon: 5, resume: 5 }
  const byId = commands.filter(({ args }) => args['id'] !== undefined && args['kind'] === undefined)

  test.each(byId.map((spec) => [spec.name, spec] as const))('leasehold %s', async (name, spec) => {
    const unknown = await run([...lineOf(spec), ...withToken(ALL)])
    expect(unknown).toMatchObject({ code: 3, out: '', err: expect.stringContaining('nosuch') as string })
    const ended = await run([...lineOf(spec, { id: 'ended' }), ...withToken(ALL)])
    expect({ code: ended.code, err: ended.err }).toMatchObject({ code: ENDED[name] ?? 0 })
    if (ENDED[name] !== undefined) expect(ended.err).toContain('ended is completed')
  })
})

test.each(confirmed.map((spec) => [spec.name, spec] as const))(
  'leasehold %s ends with 2 when no terminal is there to ask',
  async (_, spec) => {
    const { code, err } = await run([
      ...lineOf(spec, { id: 'ended', yes: false, url: stack.apiUrl }),
      ...withToken(ALL),
    ])
    // A filter that nothing fits needs no answer.
    const fits = !['bulk resume', 'bulk retry', 'bulk cancel', 'bulk signal'].includes(spec.name)
    expect({ code, err }).toMatchObject({ code: fits ? 2 : 0 })
    if (fits) expect(err).toContain('add --yes')
  },
)

test('a bulk operation of which a part fails ends with 7, and continues with what failed', async () => {
  const path = planFor(stack.apiUrl, ['nosuch', 'no such id', 'ended'])
  const first = await run(['bulk', 'apply', path, '--yes', '--json', ...withToken(ALL)])
  expect(first.code).toBe(7)
  expect(JSON.parse(first.out)).toEqual({ applied: 0, skipped: 2, failed: 1, plan: path })
  const again = await run(['bulk', 'apply', path, '--yes', '--json', ...withToken(ALL)])
  expect(again.err).toContain('2 are settled already')
  expect(JSON.parse(again.out)).toEqual({ applied: 0, skipped: 0, failed: 1, plan: path })
})

test.each(['dlq list', 'dlq show m', 'dlq redrive --all --yes', 'dlq delete --all --yes'])(
  'leasehold %s ends with 2 when the target does not name its queues',
  async (line) => {
    const { code, out, err } = await run([...line.split(' '), ...withToken(ALL)])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('name the system by --stack NAME or --local')
  },
)

test('leasehold doctor checks this machine without a target, and reports a target that is away', async () => {
  const alone = await run(['doctor', '--json'])
  expect(alone.code).toBe(0)
  const { checks } = JSON.parse(alone.out) as { checks: { name: string; state: string }[] }
  expect(checks.map(({ name }) => name)).toEqual(['node', 'java', 'target'])
  const away = await run(['doctor', '--api', CLOSED_URL])
  expect(away.code).toBe(10)
  expect(away.out).toMatch(/^problem +api +.*ECONNREFUSED/mu)
  const well = await run(['doctor', ...withToken(ALL)])
  expect(well.out).toMatch(/^ok +api +http/mu)
  expect(well.out).toMatch(/^ok +clock +0 s off$/mu)
})

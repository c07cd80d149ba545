import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { marshall } from '@aws-sdk/util-dynamodb'
import { HttpProcessClient } from '../../lib/client/http/index.ts'
import { writeDevFile } from '../../lib/local/dev-file.ts'
import { startLocalStack, type LocalStack } from '../../lib/local/stack.ts'
import { readHistory } from '../../lib/testing/history.ts'
import { CLOSED_URL } from '../helpers/closed-port.ts'
import { approval, echo } from '../conformance/fixtures/definitions.ts'
import { leasehold, printed, running, type Ended } from './cli.ts'

// The real command as a child process, against one real local stack: store, queue, worker, API and gateway.

const FIXTURES = join(import.meta.dirname, '../conformance/fixtures')

let stack: LocalStack
let client: HttpProcessClient
const folder = mkdtempSync(join(tmpdir(), 'leasehold-cli-'))
beforeAll(async () => {
  const [workerEntry, apiEntry] = [join(FIXTURES, 'worker.ts'), join(FIXTURES, 'api.ts')]
  stack = await startLocalStack({ workerEntry, apiEntry, statusEvents: false, store: 'embedded' })
  client = new HttpProcessClient({ url: stack.apiUrl })
})
afterAll(async () => {
  await stack.stop()
  rmSync(folder, { recursive: true })
})

const to = (line: string | readonly string[], input = ''): Promise<Ended> =>
  leasehold(line, { cwd: folder, env: { LEASEHOLD_API: stack.apiUrl }, input })

async function untilWaiting(id: string): Promise<void> {
  await expect.poll(async () => (await client.get(id))?.wait?.for).toBe('effects')
}

describe('the target of a command', () => {
  test('is named by --api, is printed on standard error, and data alone is on standard output', async () => {
    const { code, out, err } = await leasehold(`list --kind echo --json --api ${stack.apiUrl}`, {
      cwd: folder,
    })
    expect({ code, err }).toEqual({ code: 0, err: `target: API at ${stack.apiUrl} (--api)\n` })
    expect(JSON.parse(out)).toEqual({ items: expect.any(Array) as unknown[] })
  })

  test('is the local stack that runs above the folder, and with --local no other', async () => {
    const own = mkdtempSync(join(folder, 'project-'))
    expect(await leasehold('list --kind echo --local', { cwd: own })).toMatchObject({ code: 2, out: '' })
    const remove = writeDevFile(own, { pid: process.pid, api: stack.apiUrl })
    const found = await leasehold('list --kind echo', { cwd: own })
    expect(found).toMatchObject({ code: 0 })
    expect(found.err).toContain(`local stack at ${stack.apiUrl} (${join(own, '.leasehold/dev.json')})`)
    remove()
    expect(await leasehold('list --kind echo', { cwd: own })).toMatchObject({ code: 2 })
  })

  test('is what package.json says when nothing else names one', async () => {
    const own = mkdtempSync(join(folder, 'project-'))
    writeFileSync(join(own, 'package.json'), JSON.stringify({ leasehold: { api: stack.apiUrl } }))
    expect((await leasehold('list --kind echo', { cwd: own })).err).toContain('package.json)')
  })

  test.each([
    ['', 'no target: name one by --local, --stack NAME or --api URL'],
    ['--local --api http://127.0.0.1:1', '--local and --api name two targets'],
    ['--api ftp://x', '--api: expected a URL'],
  ])('is refused with 2: "%s"', async (options, says) => {
    const { code, out, err } = await leasehold(`list --kind echo ${options}`, { cwd: folder })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(says)
  })

  test('that is away ends the command with 1 and the reason', async () => {
    const { code, err } = await leasehold(`show p --api ${CLOSED_URL}`, { cwd: folder })
    expect(code).toBe(1)
    expect(err).toMatch(/target: .*\nleasehold: .*ECONNREFUSED/su)
    expect(err).not.toContain('    at ')
  })
})

test('start runs a process, and result prints its output', async () => {
  const started = await to(['start', 'echo', 'e-1', '--input', '{"n":4}', '--wait'])
  expect(started).toMatchObject({ code: 0, out: '{\n  "doubled": 8\n}\n' })
  const again = await to('start echo e-1 --input @input.json').then(({ code }) => code)
  expect(again).toBe(2)
  writeFileSync(join(folder, 'input.json'), '{"n":4}')
  const same = await to('start echo e-1 --input @input.json --json')
  expect(same).toMatchObject({ code: 0 })
  expect(same.err).toContain('was there before')
  expect(JSON.parse(same.out)).toMatchObject({ id: 'e-1', kind: 'echo' })
  const other = await to('start echo e-1 --input -', '{"n":5}')
  expect(other).toMatchObject({ code: 5, out: '' })
  const { out } = await to('result e-1 --json')
  expect(JSON.parse(out)).toMatchObject({ id: 'e-1', output: { outcome: 'success', value: { doubled: 8 } } })
})

test('a start that the API refuses names the issue', async () => {
  expect(await to('start echo e-2 --input {"n":"four"}')).toMatchObject({ code: 2 })
  expect(await to('start nosuch e-2')).toMatchObject({
    code: 3,
    err: expect.stringContaining('nosuch') as string,
  })
})

test('signal ends an approval that show describes, with the commands to type next', async () => {
  await to('start approval a-1 --input {}')
  await untilWaiting('a-1')
  const shown = await to('show a-1')
  expect(shown).toMatchObject({ code: 0 })
  expect(shown.out).toMatch(
    /waits for +signal "approved", since \d{4}-.*\n +answer it: leasehold signal a-1 approved/u,
  )
  expect(shown.out).toContain('leasehold signal a-1 approved --payload JSON')
  expect(await to('result a-1 --timeout 0s')).toMatchObject({ code: 6, out: '' })
  expect(await to(['signal', 'a-1', 'approved', '--payload', '"yes"', '--key', 'k'])).toMatchObject({
    code: 0,
  })
  expect(await to('result a-1')).toMatchObject({ code: 0, out: '"yes"\n' })
  const late = await to('signal a-1 approved --key k2')
  expect(late).toMatchObject({ code: 5, err: expect.stringContaining('a-1 is completed') as string })
})

test('callback answers a process that gave its token away', async () => {
  await to('start payment p-1 --input {}')
  const emitted = await client.waitFor('p-1', (entry) => entry.type === 'effect' && entry.effect === 'emit')
  const { token } = (emitted as unknown as { outcome: { value: { value: { token: string } } } }).outcome.value
    .value
  expect(await to('callback heartbeat -', token)).toMatchObject({ code: 0 })
  expect(await to(['callback', 'complete', token, '--value', '7'])).toMatchObject({ code: 0 })
  expect(await to('result p-1 --json')).toMatchObject({ code: 0 })
  expect(await to(['callback', 'fail', token, '--message', 'late'])).toMatchObject({ code: 5 })
})

test('cancel ends a process as cancelled, and retry starts it anew', async () => {
  await to('start approval c-1 --input {}')
  await untilWaiting('c-1')
  expect(await to(['cancel', 'c-1', '--reason', 'not needed'])).toMatchObject({ code: 0, out: '' })
  const ended = await to('result c-1')
  expect(ended).toMatchObject({ code: 21, out: '', err: expect.stringContaining('not needed') as string })
  expect(await to('retry c-1')).toMatchObject({
    code: 2,
    err: expect.stringContaining('add --yes') as string,
  })
  expect(await to('retry c-1 --dry-run')).toMatchObject({ code: 0, out: '' })
  expect(await to('retry c-1 --yes')).toMatchObject({ code: 0, out: 'c-1.retry\n' })
  expect(await to('abandon c-1.retry --yes')).toMatchObject({ code: 0 })
  expect(await to('result c-1.retry')).toMatchObject({ code: 22 })
})

test('a failed process ends result with 20, and history stores it for a replay', async () => {
  await to('start broken b-1 --input {"why":"it-breaks"}')
  expect(await to('result b-1')).toMatchObject({
    code: 20,
    out: '',
    err: expect.stringContaining('it-breaks') as string,
  })
  const path = join(folder, 'b-1.json')
  expect(await to(['history', 'b-1', '-o', path])).toMatchObject({ code: 0, out: '' })
  expect(readHistory(readFileSync(path, 'utf8'), path)).toMatchObject({
    process: { id: 'b-1', kind: 'broken', status: 'failed' },
    entries: [{ seq: 1, type: 'end' }],
  })
  expect(await to(['history', 'b-1', '-o', join(folder, 'no/such/folder')])).toMatchObject({ code: 1 })
})

test('attention and count show what has failed, and attention ends with 10', async () => {
  const { code, out } = await to('attention --status failed')
  expect(code).toBe(10)
  expect(out).toMatch(/^failed .* broken {2}b-1 {2}/mu)
  expect((await to('count --kind broken')).out).toBe('broken  1 failed\n')
  expect((await to('kinds')).out).toMatch(/^manual {2}external$/mu)
})

test('history has values of any size, and replay --kind finds processes of a scope', async () => {
  const large = { n: 1, note: 'y'.repeat(20_000) }
  const noise = 'x'.repeat(20_000)
  await client.start(approval, {}, { id: 'h-1', scope: 'large' })
  await untilWaiting('h-1')
  await client.signal('h-1', { name: 'noise', key: 'k', payload: noise })
  await client.start(echo, large, { id: 'h-2', scope: 'large' })
  await client.result('h-2')
  for (const [id, value] of [
    ['h-1', noise],
    ['h-2', large],
  ] as const) {
    const { code, out, err } = await to(['history', id])
    expect({ code, err }).toMatchObject({ code: 0, err: expect.not.stringContaining('too large') as string })
    expect(Object.values(readHistory(out, id).payloads)).toEqual([value])
  }
  const entry = join(FIXTURES, 'definitions.ts')
  const replayed = await to(['replay', '--kind', 'echo', '--entry', entry])
  expect(replayed.out).toContain('h-2 (echo) comes to the same end\n')
  expect(replayed.code).toBe(0)
})

test('health shows queues and the sweep, and ends with 10 when something needs an operator', async () => {
  const passed = async () => (await to('health')).out.includes('last pass at')
  await expect.poll(passed, { timeout: 60_000 }).toBe(true)
  const { code, out } = await to('health --json')
  const { problems, queues } = JSON.parse(out) as { problems: object[]; queues: object[] }
  expect(code).toBe(problems.length === 0 ? 0 : 10)
  expect(queues).toHaveLength(4)
})

test('dlq lists, shows, sends back and deletes dead letters', async () => {
  const own = mkdtempSync(join(folder, 'project-'))
  const { sqsEndpoint: endpoint, region, queueUrl: work, urgentQueueUrl: urgent, deadLetterUrl } = stack
  const queues = { endpoint, region, work, urgent, deadLetters: deadLetterUrl }
  const remove = writeDevFile(own, { pid: process.pid, api: stack.apiUrl, queues })
  const dlq = (line: string) => leasehold(`dlq ${line}`, { cwd: own })
  const listed = async () => {
    const { out } = await dlq('list --json')
    const lines = out.split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line) as { messageId: string; code: string; source: string })
  }
  await stack.clients.sqs.send(new SendMessageCommand({ QueueUrl: work, MessageBody: 'no JSON' }))
  await expect.poll(listed, { timeout: 60_000 }).toMatchObject([{ code: 'invalid_message', source: work }])
  const [letter] = await listed()
  const shown = await dlq(`show ${letter?.messageId}`)
  expect(shown).toMatchObject({ code: 0, out: expect.stringContaining('not JSON') as string })
  expect(shown.out).toMatch(/\nno JSON\n$/u)
  expect(await dlq('redrive')).toMatchObject({ code: 2 })
  expect(await dlq('redrive --all')).toMatchObject({ code: 2 })
  expect(await dlq('show other')).toMatchObject({ code: 3 })
  const back = await dlq('redrive --code invalid_message --yes')
  expect(back).toMatchObject({ code: 0, err: expect.stringContaining('1 sent back, 0 failed') as string })
  // The worker refuses it again: it was not lost on the way.
  await expect.poll(listed, { timeout: 60_000 }).toMatchObject([{ code: 'invalid_message' }])
  const [again] = await listed()
  expect(again?.messageId).not.toBe(letter?.messageId)
  expect(await dlq(`delete ${again?.messageId} --yes`)).toMatchObject({ code: 0 })
  expect(await listed()).toEqual([])
  remove()
})

test('slots shows the places of a key, and releases only one that was left behind', async () => {
  const concurrency = { key: 'account/7', limit: 1 }
  for (const id of ['s-1', 's-2']) await client.start(approval, {}, { id, concurrency })
  await untilWaiting('s-1')
  const shown = await to('slots account/7')
  expect(shown).toMatchObject({ code: 0 })
  expect(shown.out).toMatch(/^held 1 of 1 place, waiting [01]\nholds +waiting +s-1\n/u)
  expect(await to('slots account/7 --release s-1')).toMatchObject({ code: 2 })
  const refused = await to('slots account/7 --release s-1 --yes')
  expect(refused).toMatchObject({ code: 5, err: expect.stringContaining('s-1 is waiting') as string })
  const Item = { pk: 'C#account-8', sk: 'SLOTS', l: 1, h: ['lost'], q: [], n: 1 }
  await stack.clients.dynamo.send(new PutItemCommand({ TableName: stack.tableName, Item: marshall(Item) }))
  const left = await to('slots account-8')
  expect(left).toMatchObject({ code: 10, out: 'held 1 of 1 place, waiting 0\nholds  gone       lost\n' })
  expect(left.err).toContain('leasehold slots account-8 --release lost')
  expect(await to('slots account-8 --release lost --yes')).toMatchObject({ code: 0 })
  expect(await to('slots account-8 --json')).toMatchObject({ code: 0 })
})

test('resume refuses a process that is not stuck', async () => {
  await to('start approval r-1 --input {}')
  expect(await to('resume r-1')).toMatchObject({ code: 5, out: '' })
})

test.each(['show', 'log', 'result', 'cancel'])('%s of an unknown id ends with 3', async (command) => {
  const unknown = await to(`${command} nosuch`)
  expect(unknown).toMatchObject({ code: 3, out: '', err: expect.stringContaining('nosuch') as string })
})

test('show of a text that is no id ends with 2', async () => {
  expect(await to(['show', 'no such'])).toMatchObject({ code: 2, out: '' })
})

describe('log', () => {
  test('-f prints entries as they come, and ends with the process', async () => {
    await to('start approval l-1 --input {}')
    const following = running('log l-1 -f --json', { cwd: folder, env: { LEASEHOLD_API: stack.apiUrl } })
    await printed(following, '"asked"')
    await client.signal('l-1', { name: 'approved', key: 'k' })
    const { code, out } = await following.ended
    expect(code).toBe(0)
    const types = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type)
    expect(types.at(-1)).toBe('end')
    const whole = await to('log l-1 --utc')
    expect(whole.out.trim().split('\n')).toHaveLength(types.length)
    expect(whole.out).toMatch(/ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z  ended completed\n$/u)
    expect((await to('trace l-1')).out).toMatch(/signal approved .* ok\n/u)
  })

  test('-f ends with 130 at Ctrl-C', async () => {
    await to('start approval l-2 --input {}')
    const following = running('log l-2 -f --json', { cwd: folder, env: { LEASEHOLD_API: stack.apiUrl } })
    await printed(following, '"asked"')
    following.child.kill('SIGINT')
    expect(await following.ended).toMatchObject({ code: 130 })
  })

  test('prints a log of many pages, and ends quietly when the reader of its pipe has enough', async () => {
    await to('start approval l-3 --input {} --at 2100-01-01')
    const payload = 'x'.repeat(20_000)
    for (let key = 0; key < 40; key += 1)
      await client.signal('l-3', { name: 'noise', key: String(key), payload })
    const whole = await to('log l-3 --json')
    expect(whole.out.trim().split('\n').length).toBeGreaterThanOrEqual(40)
    const reading = running('log l-3 --json', { cwd: folder, env: { LEASEHOLD_API: stack.apiUrl } })
    reading.child.stdout.destroy()
    expect(await reading.ended).toMatchObject({
      code: 0,
      err: expect.not.stringContaining('EPIPE') as string,
    })
  })
})

test('list pages by cursor and prints every page with --all', async () => {
  const first = await to('list --kind approval --limit 1 --json')
  const { items, cursor } = JSON.parse(first.out) as { items: unknown[]; cursor: string }
  expect(items).toHaveLength(1)
  const all = await to(['list', '--kind', 'approval', '--limit', '2', '--all', '--json', '--cursor', cursor])
  expect(all.code).toBe(0)
  expect(all.out.trim().split('\n').length).toBeGreaterThanOrEqual(2)
  expect((await to('list')).out).toMatch(/^failed .* broken {2}b-1 {2}/mu)
})

describe('bulk', () => {
  const IDS = ['k-0', 'k-1', 'k-2', 'k-3'] as const
  beforeAll(async () => {
    for (const id of IDS) {
      const body = JSON.stringify({ kind: 'approval', id, input: {}, scope: 'bulk' })
      const headers = { 'content-type': 'application/json' }
      await fetch(`${stack.apiUrl}/v1/processes`, { method: 'POST', headers, body })
    }
  })

  test('asks for --yes, and continues a plan after Ctrl-C without doing anything twice', async () => {
    for (const id of IDS) await untilWaiting(id)
    const plan = join(folder, 'plan.json')
    const line = ['bulk', 'signal', 'note', '--scope', 'bulk', '--plan', plan]
    expect(await to([...line, '--dry-run'])).toMatchObject({
      code: 0,
      err: expect.stringContaining('signal 4 processes (4 waiting)') as string,
    })
    expect(await to(line)).toMatchObject({ code: 2, err: expect.stringContaining('there already') as string })
    expect(await to(['bulk', 'apply', plan])).toMatchObject({
      code: 2,
      err: expect.stringContaining('add --yes') as string,
    })
    const apply = ['bulk', 'apply', plan, '--yes', '--rate', '1']
    const slow = running(apply, { cwd: folder, env: { LEASEHOLD_API: stack.apiUrl } })
    await expect.poll(() => existsSync(`${plan}.done`)).toBe(true)
    slow.child.kill('SIGINT')
    const interrupted = await slow.ended
    expect(interrupted).toMatchObject({ code: 130 })
    expect(interrupted.err).toContain(`leasehold bulk apply ${plan}`)
    // The last of the plan moves meanwhile.
    await client.cancel('k-0')
    await client.result('k-0')
    expect(await to(['bulk', 'apply', plan, '--yes', '--rate', '100'])).toMatchObject({
      code: 0,
      err: expect.stringContaining('1 skipped') as string,
    })
    const sent: number[] = []
    for (const id of IDS) {
      const response = await fetch(`${stack.apiUrl}/v1/processes/${id}/events`)
      const { events } = (await response.json()) as { events: readonly { type: string }[] }
      sent.push(events.filter(({ type }) => type === 'signal').length)
    }
    expect(sent.filter((count) => count === 1).length).toBeGreaterThanOrEqual(3)
    expect(Math.max(...sent)).toBe(1)
    for (const id of ['k-1', 'k-2', 'k-3']) expect((await client.get(id))?.unread).toEqual(['note'])
  })

  test('resume and retry plan what they have a meaning for', async () => {
    const plan = (action: string) => [
      'bulk',
      action,
      '--kind',
      'broken',
      '--plan',
      join(folder, `${action}.json`),
    ]
    expect(await to([...plan('resume'), '--dry-run'])).toMatchObject({
      code: 0,
      err: expect.stringContaining('resume 0 processes') as string,
    })
    expect(await to([...plan('retry'), '--yes'])).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^retry \d process(?:es)? \(\d failed\)/mu) as string,
    })
    expect(await client.result('b-1.retry')).toMatchObject({ outcome: 'failure' })
  })

  test('cancel ends all that are open, and a damaged plan is refused', async () => {
    const plan = join(folder, 'cancel.json')
    const cancelled = await to(`bulk cancel --scope bulk --plan ${plan} --yes --json`)
    expect(cancelled.code).toBe(0)
    expect(JSON.parse(cancelled.out)).toEqual({ applied: 3, skipped: 0, failed: 0, plan })
    for (const id of IDS) expect(await client.result(id)).toMatchObject({ outcome: 'cancelled' })
    writeFileSync(plan, readFileSync(plan, 'utf8').replace('k-1', 'k-9'))
    expect(await to(['bulk', 'apply', plan, '--yes'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('damaged or was edited') as string,
    })
  })
})

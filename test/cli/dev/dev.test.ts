import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, inject, test } from 'vitest'
import { testStore } from '../../helpers/test-store.ts'
import { descendants, untilGone } from '../../helpers/processes.ts'

const CLI = join(import.meta.dirname, '../../../bin/leasehold.ts')
const DEV_FILE = join(process.cwd(), '.leasehold/dev.json')

type Ran = { readonly child: ChildProcess; out(): string; err(): string; code: Promise<number | null> }

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function leasehold(args: readonly string[], env: Record<string, string> = {}): Ran {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } })
  children.push(child)
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const code = once(child, 'close').then(([status]) => status as number | null)
  return { child, out: () => out, err: () => err, code }
}

/** Resolves when it says that it is up. */
async function up(ran: Ran): Promise<void> {
  while (!ran.out().includes('Leasehold is up')) {
    const said = once(ran.child.stdout!, 'data').then(() => false)
    // Stop whatever ended the command: asking on would loop for ever, and nothing else would get a turn.
    const ended = ran.code.then(() => true)
    if (await Promise.race([said, ended])) throw new Error(`it ended before it was up: ${ran.err()}`)
  }
}

/** DynamoDB Local if there is Java. */
const STORE = testStore()
/** As on a machine that has Node alone. */
const WITHOUT_JAVA = { PATH: '', JAVA_HOME: '', LEASEHOLD_DYNAMODB_ENDPOINT: '' }

test.each([
  { signal: 'SIGINT', code: 0, args: [], store: 'store-server.ts', env: WITHOUT_JAVA },
  {
    signal: 'SIGKILL',
    code: null,
    args: ['--store', STORE],
    store: STORE === 'embedded' ? 'store-server.ts' : 'DynamoDBLocal.jar',
    env: { LEASEHOLD_DYNAMODB_ENDPOINT: '' },
  },
] as const)('$signal ends it with the store $store, and no process is left', async (each) => {
  const { signal, code, args, store, env } = each
  const ran = leasehold(['dev', ...args], env)
  await up(ran)
  // Other commands find the stack by it, its queues too.
  expect(JSON.parse(readFileSync(DEV_FILE, 'utf8'))).toMatchObject({
    pid: ran.child.pid,
    queues: { deadLetters: expect.stringContaining('http') as string },
  })
  const under = descendants(ran.child.pid!)
  const commands = under.map(({ command }) => command).join('\n')
  for (const part of [store, 'sqs-server.ts', 'worker.mjs']) expect(commands).toContain(part)
  ran.child.kill(signal)
  expect(await ran.code).toBe(code)
  await untilGone(under.map(({ pid }) => pid))
  expect(ran.err()).toBe('')
})

test('prints endpoints, queues, a worker pid and a sample message, and ends on SIGTERM', async () => {
  const ran = leasehold(['dev', '--lease-ttl', '9s'], {
    LEASEHOLD_DYNAMODB_ENDPOINT: inject('dynamoEndpoint'),
  })
  await up(ran)
  const worker = descendants(ran.child.pid!).find(({ command }) => command.includes('worker.mjs'))
  expect(ran.out()).toContain(`leasehold at ${inject('dynamoEndpoint')}`)
  expect(ran.out()).toMatch(/queue +http:\/\/127\.0\.0\.1:\d+\/000000000000\/leasehold-work\n/u)
  expect(ran.out()).toContain(`kill -9 ${worker?.pid}   and another takes over within 9 s`)
  expect(ran.out()).toMatch(/curl -s http:\/\/127\.0\.0\.1:\d+\/v1\/processes -H .*"kind":"canary"/su)
  expect(ran.out()).toMatch(/curl -s http:\/\/127\.0\.0\.1:\d+ .*SendMessage.*"MessageBody"/su)
  const under = descendants(ran.child.pid!).map(({ pid }) => pid)
  ran.child.kill('SIGTERM')
  expect(await ran.code).toBe(0)
  await untilGone(under)
})

test('dev --store dynamodb-local says what to install when there is no Java', async () => {
  const ran = leasehold(['dev', '--store', 'dynamodb-local'], WITHOUT_JAVA)
  expect(await ran.code).toBe(1)
  expect(ran.err()).toContain('openjdk-17-jre-headless')
  expect(ran.err()).toContain('leave out --store')
  expect(ran.err()).not.toContain('    at ')
})

test('misuse and help are answered at once', async () => {
  const misused = leasehold(['dev', '--bogus'])
  expect(await misused.code).toBe(2)
  expect(misused.err()).toMatch(/unknown option '--bogus'.*leasehold dev --help tells more/su)
  const unknown = leasehold(['develop'])
  expect(await unknown.code).toBe(2)
  expect(unknown.err()).toMatch(/unknown command 'develop'.*leasehold --help tells more/su)
  const example = leasehold(['dev', '--example', 'nothing'])
  expect(await example.code).toBe(2)
  expect(example.err()).toMatch(/no example nothing; there are: .*import/u)
  expect(misused.out() + unknown.out() + example.out()).toBe('')
  const help = leasehold(['dev', '--help'])
  expect(await help.code).toBe(0)
  expect(help.out()).toContain('--lease-ttl <TIME>')
})

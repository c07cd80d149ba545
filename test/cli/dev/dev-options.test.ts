import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readDevOptions, type DevOptions } from '../../../lib/cli/dev/dev-options.ts'
import { UsageError } from '../../../lib/cli/errors.ts'
import { DEV } from '../../../lib/cli/specs/dev.ts'
import { typed } from '../typed.ts'

async function read(line: string): Promise<DevOptions> {
  return readDevOptions((await typed(DEV, line)).values)
}

test('what is typed reaches the stack and the example', async () => {
  const line =
    '--store dynamodb-local --data d --api-port 8080 --sqs-port 9324 --api-auth iam --workers 3 --lease-ttl 9s --sweep 500ms --example import --rows 5 --events --verbose'
  expect(await read(line)).toMatchObject({
    verbose: true,
    events: true,
    example: 'import',
    values: { rows: '5' },
    stack: {
      store: 'dynamodb-local',
      dataDir: resolve('d'),
      workers: 3,
      apiPort: 8_080,
      sqsPort: 9_324,
      apiAuth: 'iam',
      timings: { leaseTtlMs: 9_000, renewEveryMs: 3_000, sweepEveryMs: 500 },
    },
  })
})

test('the file of an example is found from where it is typed', async () => {
  expect(await read('--example import --file f.csv')).toMatchObject({ file: resolve('f.csv') })
})

test.each(['none', 'iam', 'jwt'] as const)('the API can know its callers by %s', async (apiAuth) => {
  expect((await read(`--api-auth ${apiAuth}`)).stack.apiAuth).toBe(apiAuth)
})

test('--inspect gives a worker at a breakpoint a lease and an invocation that outlast it', async () => {
  const { inspect, stack } = await read('--inspect')
  expect(inspect).toBe(true)
  expect(stack).toMatchObject({
    inspectPort: 9229,
    timings: { leaseTtlMs: 600_000, functionTimeoutMs: 900_000 },
  })
  expect((await read('--inspect --lease-ttl=9s')).stack.timings.leaseTtlMs).toBe(9_000)
})

test('nothing typed changes nothing', async () => {
  expect(await read('')).toEqual({
    verbose: false,
    events: false,
    types: true,
    console: { open: false },
    inspect: false,
    values: {},
    stack: { timings: {} },
  })
})

test.each([
  ['--bogus', `unknown option '--bogus'`],
  ['a.ts b.ts', 'too many arguments'],
  ['--store=postgres', 'expected embedded or dynamodb-local, got postgres'],
  ['--workers', `option '--workers <N>' argument missing`],
  ['--workers=many', 'expected 1 to 999, got many'],
  ['--workers=0', 'expected 1 to 999, got 0'],
  ['--workers=2 --workers=3', 'It is given twice'],
  ['--api-port=0', 'expected 1 to 65535, got 0'],
  ['--api-port=http', 'expected 1 to 65535, got http'],
  ['--sqs-port=65536', 'expected 1 to 65535, got 65536'],
  ['--api-auth=basic', 'expected none, iam or jwt, got basic'],
  ['--lease-ttl=6', 'expected a time like 500ms, 6s, 2m, 3h or 7d, got 6'],
  ['--sweep=99ms', '--sweep: expected a time from 100ms'],
  ['--inspect --workers=2', '--inspect has one worker'],
  ['--file=a.csv', '--file is for an example'],
])('%s is refused as misuse', async (line, message) => {
  const reading = read(line)
  await expect(reading).rejects.toThrow(UsageError)
  await expect(reading).rejects.toThrow(message)
})

test('the console of leasehold dev is at a port of its own, and is opened on request', async () => {
  expect((await read('')).console).toEqual({ open: false })
  expect((await read('--open --console-port 5000')).console).toEqual({ open: true, port: 5_000 })
  await expect(read('--example import --open')).rejects.toThrow('an example has no console')
})

import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { DEV_HELP, Misused, readDevOptions } from '../../bin/dev-options.ts'

test('what is typed reaches the stack and the example', () => {
  const typed =
    '--store dynamodb-local --data d --api-port 8080 --sqs-port 9324 --api-auth iam --workers 3 --lease-ttl 9s --sweep 500ms --example import --rows 5 --events --verbose'
  expect(readDevOptions(typed.split(' '))).toMatchObject({
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

test('the file of an example is found from where it is typed', () => {
  expect(readDevOptions(['--example', 'import', '--file', 'f.csv'])).toMatchObject({ file: resolve('f.csv') })
})

test.each(['none', 'iam', 'jwt'] as const)('the API can know its callers by %s', (apiAuth) => {
  expect(readDevOptions(['--api-auth', apiAuth]).stack.apiAuth).toBe(apiAuth)
})

test('nothing typed changes nothing', () => {
  expect(readDevOptions([])).toEqual({
    help: false,
    verbose: false,
    events: false,
    values: {},
    stack: { timings: {} },
  })
})

test.each([
  ['--bogus', `Unknown option '--bogus'`],
  ['stray', `Unexpected argument 'stray'`],
  ['--store=postgres', '--store: expected embedded or dynamodb-local, got postgres'],
  ['--workers', `'--workers <value>' argument missing`],
  ['--workers=many', '--workers: expected 1 to 999, got many'],
  ['--workers=0', '--workers: expected 1 to 999, got 0'],
  ['--api-port=0', '--api-port: expected 1 to 65535, got 0'],
  ['--api-port=http', '--api-port: expected 1 to 65535, got http'],
  ['--sqs-port=65536', '--sqs-port: expected 1 to 65535, got 65536'],
  ['--api-auth=basic', '--api-auth: expected none, iam or jwt, got basic'],
  ['--lease-ttl=6', '--lease-ttl: expected a time from 100ms, like 6s, got 6'],
  ['--sweep=99ms', '--sweep: expected a time from 100ms'],
  ['--sweep=1h', '--sweep: expected a time from 100ms'],
  ['--file=a.csv', '--file is for an example'],
])('%s is refused as misuse', (arg, message) => {
  expect(() => readDevOptions([arg])).toThrow(Misused)
  expect(() => readDevOptions([arg])).toThrow(message)
})

test('help tells of every option', () => {
  for (const option of [
    'example',
    'file',
    'rows',
    'data',
    'workers',
    'lease-ttl',
    'sweep',
    'api-port',
    'sqs-port',
    'verbose',
    'help',
  ])
    expect(DEV_HELP).toContain(`--${option}`)
})

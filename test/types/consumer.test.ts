import { execFile } from 'node:child_process'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')

/** What the compiler says of a project; empty where it finds no fault. */
async function compile(project: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [TSC, '--pretty', 'false', '-p', project])
    return stdout
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout)
  }
}

test('a project of a user compiles, with the declarations of all packages', async () => {
  expect(await compile(join(import.meta.dirname, 'consumer'))).toBe('')
})

const REFUSED = {
  'a Date of a step': "await context.step('a', () => new Date())",
  'a Date among other values of a step': "await context.step('a', () => (flag ? 'x' : new Date()))",
  'a Map in the value of a step': "await context.step('a', async () => ({ map: new Map() }))",
  'a bigint of a step': "await context.step('a', () => 1n)",
  'a function in a list of a step': "await context.step('a', () => [() => 1])",
  'an undefined item of a list of a step': "await context.step('a', () => [1, undefined])",
  'bytes of a step': "await context.step('a', () => ({ bytes: new Uint8Array() }))",
  'a Date in an event': "await context.emit('a', { at: new Date() })",
  'a function in a log line': "context.log('a', { f: () => 1 })",
  'a Date in a signal': "await client.signal('p', { name: 'a', key: 'k', payload: { at: new Date() } })",
  'a Set as a reply': "await client.completeCallback('t', new Set())",
  'a bigint as an output':
    "await client.completeExternal('p', 't', { outcome: 'success', value: { n: 1n } })",
  'a Date in an input': "startMessage({ id: 'p', kind: 'k', input: { at: new Date() } })",
  'a Date in a run': "await worker.runProcess({ id: 'p', kind: 'k', input: new Date() })",
  'a Map in a signal of a test': "await kit.signal('p', 'a', new Map())",
  'a Date in the input of a schedule':
    "stack.addSchedule('n', { schedule, kind: 'k', input: { at: new Date() } })",
} as const

test('each value that JSON cannot hold is refused, in words that say so', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'leasehold-types-'))
  const { compilerOptions } = (await import('./consumer/tsconfig.json', { with: { type: 'json' } })).default
  const paths = {
    leasehold: [join(ROOT, 'lib/index.ts')],
    'leasehold/cdk': [join(ROOT, 'lib/cdk/index.ts')],
    'leasehold/testing': [join(ROOT, 'lib/testing/index.ts')],
  }
  const typeRoots = [join(ROOT, 'node_modules/@types')]
  const tsconfig = { compilerOptions: { ...compilerOptions, skipLibCheck: true, typeRoots, paths } }
  const head = [
    "import { startMessage, type DurableProcessWorker, type ProcessContext, type Processes } from 'leasehold'",
    "import type { DurableProcesses, ScheduleTrigger } from 'leasehold/cdk'",
    "import type { TestKit } from 'leasehold/testing'",
    'declare const [context, client, worker]: [ProcessContext, Processes, DurableProcessWorker]',
    'declare const [kit, stack, flag]: [TestKit, DurableProcesses, boolean]',
    "declare const schedule: ScheduleTrigger['schedule']",
  ]
  const code = [...head, ...Object.values(REFUSED)].join('\n')
  await writeFile(join(folder.path, 'tsconfig.json'), JSON.stringify(tsconfig))
  await writeFile(join(folder.path, 'package.json'), JSON.stringify({ type: 'module' }))
  await writeFile(join(folder.path, 'refused.ts'), code)

  const errors = (await compile(folder.path)).split(/\n(?=\S)/u).filter((text) => text !== '')
  const told = errors.map((text) => {
    const line = Number(/refused\.ts\((\d+),/u.exec(text)?.[1])
    return [Object.keys(REFUSED)[line - head.length - 1] ?? text, text.includes('JSON cannot hold')]
  })
  expect(told).toEqual(Object.keys(REFUSED).map((what) => [what, true]))
})

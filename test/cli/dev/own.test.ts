import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { descendants, untilGone } from '../../helpers/processes.ts'
import { Program } from '../../helpers/program.ts'
import { aProject, type Project } from '../../helpers/project.ts'

const ORDER = `import * as v from 'valibot'
import { defineProcess } from 'leasehold'

export const order = defineProcess({
  kind: 'order',
  input: v.object({ sku: v.string() }),
  output: v.string(),
  async run(context, { sku }) {
    await context.step('charge', () => sku)
    await context.signal('packed')
    return context.step('ship', () => \`\${process.env['CARRIER']} has \${sku}\`)
  },
})
`
const INDEX = `import { order } from './order.ts'
export const definitions = [order]
`
const FILE = 'src/processes/order.ts'
/** Handlers of the project's own: what the one does to its environment shows in an output, and the other in a header. */
const WORKER = `import { workerHandler } from 'leasehold'
import { definitions } from './processes/index.ts'
process.env['CARRIER'] += ' by hand'
export const handler = workerHandler({ definitions })
`
const API = `import { apiHandler } from 'leasehold/api'
import { definitions } from './processes/index.ts'
const own = apiHandler({ definitions })
export const handler: typeof own = async (event, context) => {
  const reply = await own(event, context)
  return typeof reply === 'object' ? { ...reply, headers: { ...reply.headers, 'x-own': 'yes' } } : reply
}
`
const HANDLERS = { workerEntry: 'src/worker.ts', apiEntry: 'src/api.ts' }

let project: Project | undefined
const programs: Program[] = []
afterEach(() => {
  for (const { child } of programs.splice(0)) child.kill('SIGKILL')
  project?.remove()
})

function dev(args: readonly string[], in_: Project): Program {
  return leasehold(['dev', ...args], in_)
}

function leasehold(args: readonly string[], { folder }: Project): Program {
  const program = new Program(args, { cwd: folder })
  programs.push(program)
  return program
}

async function post(url: string, body: object): Promise<number> {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return reply.status
}

test('a save is taken in as a deploy, and a process lives through it', async () => {
  project = aProject({
    [FILE]: ORDER,
    'src/processes/index.ts': INDEX,
    'src/worker.ts': WORKER,
    'src/api.ts': API,
    '.env': 'CARRIER=Post',
    'package.json': JSON.stringify({ name: 'project', type: 'module', leasehold: HANDLERS }),
  })
  const { folder } = project
  const program = dev(['--workers', '1', '--env-file', '.env'], project)
  await program.says(/Leasehold is up/u)
  const [, api = ''] = await program.says(/API +(http:\/\/127\.0\.0\.1:\d+) /u)
  await program.says(/processes +order +\(src\/processes\/index\.ts;/u)
  const devFile = join(folder, '.leasehold/dev.json')
  expect(JSON.parse(readFileSync(devFile, 'utf8'))).toMatchObject({ pid: program.child.pid, api })
  expect(readFileSync(join(folder, '.leasehold/.gitignore'), 'utf8')).toBe('*\n')

  expect(await post(`${api}/v1/processes`, { id: 'o-1', kind: 'order', input: { sku: 'a' } })).toBe(201)
  await program.says(/process {2}o-1 \(order\) waits for signal "packed"\n/u)

  // A deploy that would leave it stuck says so, with the line, before it is taken in.
  project.write(FILE, ORDER.replace("'charge'", "'bill'"))
  await program.says(/replay {3}1 open process: 0 continue, 1 would be stuck\n/u)
  await program.says(
    /replay {3}o-1 \(order\) diverges at effect 0: recorded step "charge", asked step "bill" at src\/processes\/order\.ts:9:\d+\n/u,
  )
  await program.says(/reload {3}src\/processes\/order\.ts taken in \d+ ms/u)

  // Code that cannot be bundled, or does not load, changes nothing.
  project.write(FILE, `${ORDER}const x =`)
  await program.says(/reload {3}src\/processes\/order\.ts:14:0?\d* .*\n.*not taken: the code from before/u)
  project.write(FILE, `${ORDER}throw new RangeError('not ready')\n`)
  await program.says(/reload {3}src\/processes\/order\.ts:14:7 .*RangeError: not ready/u)
  await program.says(/not taken: the code from before/u)

  project.write(FILE, ORDER.replace("'ship'", "'send'"))
  await program.says(/replay {3}1 open process: 1 continue\n.*taken in \d+ ms/u)
  expect(await post(`${api}/v1/processes/o-1/signals`, { name: 'packed', key: 'k', payload: null })).toBe(202)
  await program.says(/process {2}o-1 \(order\) completed after [\d.]+ s\n/u)
  const result = await fetch(`${api}/v1/processes/o-1/result`)
  expect(await result.json()).toMatchObject({ output: { outcome: 'success', value: 'Post by hand has a' } })
  expect(result.headers.get('x-own')).toBe('yes')
  const log = (await (await fetch(`${api}/v1/processes/o-1/events`)).json()) as {
    events: { name?: string }[]
  }
  expect(log.events.flatMap(({ name }) => name ?? [])).toEqual(['charge', 'packed', 'packed', 'send'])

  // What is stored of it replays against the code in the folder, and not against the code that it began with.
  expect(await leasehold(['history', 'o-1', '-o', 'o-1.json'], project).code).toBe(0)
  const stored = leasehold(['replay', 'o-1.json'], project)
  expect(await stored.code).toBe(0)
  expect(stored.out).toBe('o-1 (order) comes to the same end\n')
  project.write(FILE, ORDER)
  await program.says(/taken in \d+ ms/u)
  const asked = leasehold(['replay', '--kind', 'order', '--sample', '5'], project)
  expect(await asked.code).toBe(10)
  expect(asked.out).toMatch(
    /^o-1 \(order\) diverges at effect 2: recorded step "send", asked step "ship" at src/u,
  )

  const second = dev([], project)
  expect(await second.code).toBe(1)
  expect(second.err).toContain(`another leasehold dev runs for this folder: process ${program.child.pid}`)

  const under = descendants(program.child.pid!).map(({ pid }) => pid)
  program.child.kill('SIGINT')
  expect(await program.code).toBe(0)
  await untilGone(under)
  expect(existsSync(devFile)).toBe(false)
  expect(program.err).toBe('')
})

test('code that cannot be used at the start is named by file and line, and nothing stays behind', async () => {
  project = aProject({ [FILE]: `${ORDER}const x =`, 'src/processes/index.ts': INDEX })
  const broken = dev([], project)
  expect(await broken.code).toBe(1)
  expect(broken.err).toMatch(/the code cannot be used:\nsrc\/processes\/order\.ts:14:\d+ /u)
  expect(broken.err).not.toContain('    at ')
  const missing = dev(['src/none.ts'], project)
  expect(await missing.code).toBe(1)
  expect(missing.err).toContain('src/none.ts is not there, which the argument names')
  project.write('package.json', JSON.stringify({ type: 'module', leasehold: HANDLERS }))
  const handler = dev([], project)
  expect(await handler.code).toBe(1)
  expect(handler.err).toMatch(/src\/worker\.ts is not there, which leasehold\.workerEntry in .* names/u)
})

test('a variable of the package in the file of --env-file is refused', async () => {
  project = aProject({ [FILE]: ORDER, 'src/processes/index.ts': INDEX, '.env': 'LEASEHOLD_TABLE=x' })
  const program = dev(['--env-file', '.env'], project)
  expect(await program.code).toBe(2)
  expect(program.err).toContain('LEASEHOLD_TABLE is set by leasehold dev itself')
})

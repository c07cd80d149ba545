import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pack, type Packed } from '../../.ci/pack.ts'
import { INSTALLED_MAX_BYTES } from '../../.ci/package-size.ts'
import { BUDGET_BYTES } from '../../bench/size.ts'
import { Scaffold } from './scaffold.ts'
import { install, OLDEST_NODE, peersAt, PNPM, type Project, type Ran, TOOLS } from './install.ts'

// Packs the package and installs it as its users do. It needs the registry, as npm is configured on the machine.

/** Two installs with CDK, and a build. */
const INSTALLING_MS = 300_000
const NODE_PACKAGE = `node-${process.platform}-${process.arch}`
/** The S3 client (170 KB) and a user's own code and schemas come on top of what this package's own worker has. */
const WORKER_MAX_BYTES = BUDGET_BYTES.worker + 180_000

const folder = mkdtempSync(join(tmpdir(), 'leasehold-consumers-'))
let packed: Packed

beforeAll(() => {
  packed = pack(folder)
}, INSTALLING_MS)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The command, with what it said where it failed. */
function expectSuccess({ code, stdout, stderr }: Ran): string {
  expect({ code, said: code === 0 ? '' : `${stdout}\n${stderr}` }).toEqual({ code: 0, said: '' })
  return stdout
}

const CASES = [
  {
    manager: 'npm',
    end: 'oldest',
    node: join('node_modules', NODE_PACKAGE, 'bin/node'),
    packages: { ...peersAt('oldest'), ...TOOLS.oldest, [NODE_PACKAGE]: OLDEST_NODE },
    leasehold: ['npx', '--no', 'leasehold'],
  },
  {
    manager: 'pnpm',
    end: 'newest',
    node: process.execPath,
    packages: { ...peersAt('newest'), ...TOOLS.newest },
    leasehold: [process.execPath, PNPM, 'exec', 'leasehold'],
  },
] as const

describe.each(CASES)(
  'in a project by $manager with the $end peers',
  ({ manager, node, packages, leasehold }) => {
    let project: Project
    beforeAll(async () => {
      const own = join(folder, manager)
      mkdirSync(own)
      project = await install({ manager, folder: own, tarball: packed.tarball, packages })
    }, INSTALLING_MS)

    test(
      'the compiler accepts all declarations, strictly',
      async () => {
        expect(expectSuccess(await project.run(process.execPath, 'node_modules/typescript/bin/tsc'))).toBe('')
      },
      INSTALLING_MS,
    )

    test('an ES module runs a process to its end in the test kit', async () => {
      const output = { outcome: 'success', value: { parcel: 'a-1 at 7, approved by ann' } }
      expect(JSON.parse(expectSuccess(await project.run(node, 'esm.ts')))).toEqual(output)
    })

    test('a CommonJS program runs a process to its end in the test kit', async () => {
      const output = [{ outcome: 'success', value: 'hello ann' }, true]
      expect(JSON.parse(expectSuccess(await project.run(node, 'require.cjs')))).toEqual(output)
    })

    test('a CDK app synthesises a stack with a bundle for each function', async () => {
      const outdir = join(project.folder, 'cdk.out')
      const { metric } = JSON.parse(expectSuccess(await project.run(node, 'app.ts', outdir))) as {
        metric: string
      }
      expect(metric).toBe('Completed')
      const bundles = readdirSync(outdir).flatMap((name) => {
        const path = join(outdir, name, 'index.mjs')
        return name.startsWith('asset.') ? [readFileSync(path, 'utf8')] : []
      })
      expect(bundles).toHaveLength(4)
      const worker = bundles.find((text) => text.includes('"quote"')) ?? ''
      expect(worker).toContain('"order"')
      expect(Buffer.byteLength(worker)).toBeLessThanOrEqual(WORKER_MAX_BYTES)
    })

    test('the leasehold command prints its help', async () => {
      const [command, ...args] = leasehold
      expect(expectSuccess(await project.run(command, ...args, 'dev', '--help'))).toContain(
        'Usage: leasehold dev',
      )
    })
  },
)

describe('in a project by npm create leasehold', () => {
  let scaffold: Scaffold
  const took: string[] = []
  /** A machine's time is reported and never judged: it says more of the machine than of the package. */
  async function timed<T>(step: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    const made = await work()
    took.push(`${step} ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`)
    return made
  }
  beforeAll(async () => {
    scaffold = await timed('create and install', () => Scaffold.made(join(folder, 'created'), packed.tarball))
  }, INSTALLING_MS)
  afterAll(() => void process.stdout.write(`A project by npm create leasehold: ${took.join(', ')}\n`))

  test(`takes at most ${INSTALLED_MAX_BYTES / 1_000_000} MB with its production dependencies`, () => {
    const { installedBytes, inputs } = scaffold.installed
    expect(installedBytes).toBeGreaterThan(1_000_000)
    expect(installedBytes).toBeLessThanOrEqual(INSTALLED_MAX_BYTES)
    const unasked = inputs.filter(([name]) =>
      /^node(-|$)|cdk|esbuild|fauxqs|client-s3|dynamodb-simulator/u.test(name),
    )
    expect(unasked).toEqual([])
  })

  test('the command lists each file that it makes', () => {
    expect(scaffold.said).toContain('create  src/processes/index.ts')
    expect(scaffold.said).toContain('create  .github/workflows/ci.yml')
  })

  test('npm test passes the test of the process and replays the stored history', async () => {
    const said = expectSuccess(await timed('test', () => scaffold.project.run('npm', 'test')))
    expect(said).toContain("today's code continues greeting-ann.json")
    expect(said).toMatch(/pass 2\n/u)
  })

  test(
    'leasehold dev takes in an edited step and replays what is open, without Java',
    async () => {
      const { project } = scaffold
      const leasehold = (...args: readonly string[]) => project.run('node_modules/.bin/leasehold', ...args)
      await expect(project.run('java', '-version')).rejects.toThrow('ENOENT')
      const dev = scaffold.dev()
      try {
        await timed('dev', () => dev.says(/Leasehold is up/u))
        const start = ['start', 'greeting', 'g-1', '--input', '{"name":"Ann"}', '--wait']
        const done = await timed('process', () => leasehold(...start))
        expect(JSON.parse(expectSuccess(done))).toEqual({ greetings: ['Hello Ann', 'Welcome back, Ann'] })

        const file = 'src/processes/greeting.ts'
        scaffold.edit(file, 'await context.sleep({ seconds: 2 })', `await context.signal('arrived')`)
        await timed('reload', () => dev.says(/reload {3}src\/processes\/greeting\.ts taken in/u))
        expectSuccess(await leasehold('start', 'greeting', 'g-2', '--input', '{"name":"Ann"}'))
        await dev.says(/g-2 \(greeting\) waits for signal "arrived"/u)

        scaffold.edit(file, `'greet',`, `'welcome',`)
        await dev.says(/g-2 \(greeting\) diverges at effect 0: recorded step "greet", asked step "welcome"/u)
        await dev.says(/greeting\.ts taken in/u)
        scaffold.edit(file, `'welcome',`, `'greet',`)
        await timed('replay', () => dev.says(/1 open process: 1 continue\n.*greeting\.ts taken in/u))
        expectSuccess(await leasehold('signal', 'g-2', 'arrived'))
        expect(expectSuccess(await leasehold('result', 'g-2'))).toContain('Welcome back, Ann')
      } finally {
        dev.child.kill('SIGINT')
      }
      expect(await dev.code).toBe(0)
    },
    INSTALLING_MS,
  )

  test(
    'npm run types accepts its files',
    async () => {
      expectSuccess(await scaffold.project.run('npm', 'run', 'types'))
    },
    INSTALLING_MS,
  )

  test(
    'npm run synth makes a template with its worker and API',
    async () => {
      expectSuccess(await scaffold.project.run('npm', 'run', 'synth'))
      const template = readFileSync(join(scaffold.project.folder, 'cdk.out/Processes.template.json'), 'utf8')
      expect(template).toContain('AWS::DynamoDB::GlobalTable')
      expect(template).toContain('AWS::ApiGatewayV2::Api')
    },
    INSTALLING_MS,
  )
})

import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { MUTANT_VARIABLE, type Mutant } from './mutant.ts'
import { ROOT } from './load.ts'

/** One way to notice a mutant. Stages run in this order, so cheap ones come first. */
export type Stage = { readonly name: string; readonly args: readonly string[] }

/** What a stage says of a mutant. */
export type Verdict = { readonly killed: boolean; readonly by: string }

/** Of each room: the suites that try what it promises without a store of another process. */
const SUITES: Readonly<Record<string, readonly string[]>> = {
  model: ['memory', 'worker.memory', 'effects.memory'],
  registry: ['memory', 'worker.memory', 'effects.memory'],
  worker: ['worker.memory', 'effects.memory'],
  effects: ['effects.memory', 'worker.memory'],
  queue: ['worker.memory', 'effects.memory'],
  sweep: ['worker.memory', 'effects.memory'],
  host: ['worker.memory'],
}
/** Rooms whose mutants the mutator makes. */
export const ROOMS: readonly string[] = Object.keys(SUITES)

const FIRST_SEEDS = 12
const SEEDS = 300
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')
const CONFIG = join(ROOT, 'test/mutation/vitest.config.ts')

/** The stages for a mutant of this file: a few seeds, its own tests, its room's tests and suites, and seeds to the end. */
export function stagesFor(file: string): readonly Stage[] {
  const room = file.split('/')[1] ?? ''
  const own = ownTests(file)
  const others = globSync(`test/${room}/**/*.test.ts`, { cwd: ROOT }).filter(
    (test) => !own.includes(test) && !test.includes('differential'),
  )
  const suites = (SUITES[room] ?? []).map((name) => `test/conformance/${name}.test.ts`)
  return [
    seeds(1, FIRST_SEEDS),
    ...(own.length > 0 ? [vitest('own tests', own)] : []),
    vitest('suites', [...others, ...suites]),
    seeds(FIRST_SEEDS + 1, SEEDS),
  ]
}

/** `test/model/claim.test.ts` and `test/model/claim.pages.test.ts` belong to `lib/model/claim.ts`. */
function ownTests(file: string): readonly string[] {
  const name = basename(file, '.ts')
  return globSync(`test/${dirname(file).slice('lib/'.length)}/${name}.*ts`, { cwd: ROOT }).filter((test) =>
    test.endsWith('.test.ts'),
  )
}

function seeds(from: number, to: number): Stage {
  return {
    name: `seeds ${from} to ${to}`,
    args: [join(ROOT, 'test/mutation/seeds.ts'), String(from), String(to)],
  }
}

function vitest(name: string, files: readonly string[]): Stage {
  return { name, args: [VITEST, 'run', '--config', CONFIG, ...files] }
}

/** Runs a stage in a process of its own. A run that takes longer than `hangMs` is a hang, and a hang is noticed too. */
export async function runStage(stage: Stage, mutant: Mutant | undefined, hangMs: number): Promise<Verdict> {
  const child = spawn(process.execPath, stage.args, {
    cwd: ROOT,
    env: { ...process.env, [MUTANT_VARIABLE]: mutant === undefined ? '' : JSON.stringify(mutant) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a hang ends with all that the run started.
    detached: true,
  })
  let [out, errors, hung] = ['', '', false]
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const timer = setTimeout(() => {
    hung = true
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, hangMs)
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  const code = await promise
  clearTimeout(timer)
  if (hung) return { killed: true, by: `${stage.name}: hangs` }
  return { killed: code !== 0, by: `${stage.name}: ${reasonOf(out, errors)}` }
}

/** The first line that names a failed test, a broken rule or an error. */
function reasonOf(out: string, errors: string): string {
  const lines = stripVTControlCharacters(`${out}\n${errors}`).split('\n')
  const telling = lines.find((line) => /^\s*FAIL |^seed \d/.test(line))
  return (telling ?? lines.find((line) => line.includes('Error')) ?? 'fails').trim()
}

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { ENTRIES, esbuildOptions } from '../lib/bundle/options.ts'

/** Milliseconds of CPU that a bundle takes to be loaded in a new process, beside those of Node itself. */
export type ColdLoad = {
  readonly cpuMs: number
  /** The same with code that a process before has compiled and kept. */
  readonly compiledCpuMs: number
}

/** Loads a module, and prints the CPU time of the process so far, in microseconds. With a second argument it keeps compiled code. */
const LOAD = `
  const { enableCompileCache, flushCompileCache } = await import('node:module')
  const [, url, cache] = process.argv
  if (cache !== undefined) enableCompileCache(cache)
  await import(url)
  const { user, system } = process.cpuUsage()
  if (cache !== undefined) flushCompileCache()
  process.stdout.write(String(user + system))
  process.exit()
`
/** What each handler reads when it is loaded. Nothing is sent. */
const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  LEASEHOLD_TABLE: 'cold',
  LEASEHOLD_QUEUE_URL: 'http://127.0.0.1:1/000000000000/work',
  LEASEHOLD_DEAD_LETTER_URL: 'http://127.0.0.1:1/000000000000/dead',
  LEASEHOLD_EVENT_BUS: 'cold',
  LEASEHOLD_STATUS_EVENTS_DEAD_LETTER_URL: 'http://127.0.0.1:1/000000000000/dead',
  LEASEHOLD_API_AUTH: 'none',
}

/** Each handler's cold load: the least of some rounds, since what else the machine does only adds to it. */
export async function coldLoads<Handler extends keyof typeof ENTRIES>(
  handlers: readonly Handler[],
  rounds: number,
): Promise<ReadonlyMap<Handler, ColdLoad>> {
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-cold-'))
  try {
    const loads = new Map<Handler, ColdLoad>()
    for (const handler of handlers) {
      const { outputFiles } = await build(esbuildOptions(ENTRIES[handler]))
      const file = join(folder, `${handler}.mjs`)
      const [bundle] = outputFiles.filter(({ path }) => path.endsWith('.mjs'))
      await writeFile(file, bundle?.contents ?? '')
      const [url, cache] = [pathToFileURL(file).href, join(folder, 'compiled')]
      // The first one keeps what it compiles.
      await cpuMsOf(url, cache)
      const [node, plain, compiled]: number[][] = [[], [], []]
      for (let round = 0; round < rounds; round += 1) {
        node?.push(await cpuMsOf('data:text/javascript,'))
        plain?.push(await cpuMsOf(url))
        compiled?.push(await cpuMsOf(url, cache))
      }
      const beside = (times: readonly number[] = []): number =>
        Math.round(Math.min(...times) - Math.min(...(node ?? [])))
      loads.set(handler, { cpuMs: beside(plain), compiledCpuMs: beside(compiled) })
    }
    return loads
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function cpuMsOf(url: string, cache?: string): Promise<number> {
  const args = ['--input-type=module', '-e', LOAD, url, ...(cache === undefined ? [] : [cache])]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: ENVIRONMENT })
  return Number(stdout) / 1_000
}

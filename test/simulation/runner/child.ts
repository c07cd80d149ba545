import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { together, type RangeReport } from './range.ts'

const SIMULATE = join(import.meta.dirname, '../simulate.ts')

/** Runs Node with these arguments, to its end; what it says of errors goes where this process says them. */
export async function runNode(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ out: string; code: number | null }> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  return { code: await promise, out }
}

/** Runs a range of seeds in a process of its own: a world is one thread, and cores are there to be used. */
export async function rangeInChild(from: number, seeds: number, bug?: string): Promise<RangeReport> {
  const range = ['--from', String(from), '--seeds', String(seeds), '--json', '--here']
  const { out } = await runNode([SIMULATE, ...range, ...(bug === undefined ? [] : ['--plant', bug])])
  const last = out.trimEnd().split('\n').at(-1) ?? ''
  if (!last.startsWith('{'))
    throw new Error(`the child for seeds ${from} to ${from + seeds - 1} did not report: ${last}`)
  return JSON.parse(last) as RangeReport
}

/** The range split over so many processes. */
export async function rangeInChildren(
  from: number,
  seeds: number,
  { children, bug }: { readonly children: number; readonly bug?: string | undefined },
): Promise<RangeReport> {
  const each = Math.ceil(seeds / children)
  const parts = Array.from({ length: Math.ceil(seeds / each) }, (_, index) => from + index * each)
  return together(
    await Promise.all(parts.map((first) => rangeInChild(first, Math.min(each, from + seeds - first), bug))),
  )
}

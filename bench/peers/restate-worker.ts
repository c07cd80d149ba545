import { existsSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { say } from './words.ts'

// The worker of the other side: `node restate-worker.ts <folder of its SDK> <port>`. The processes are those of
// `leasehold-worker.ts`, by the SDK's own words: a process is a workflow, a step is `run`, a signal is a promise.

/** As much of the SDK as is used here: it is no dependency of this package, so its types are not at hand. */
type Context = {
  readonly key: string
  run<T>(name: string, body: () => Promise<T>): Promise<T>
  promise(name: string): PromiseLike<unknown>
  workflowClient(definition: unknown, key: string): { run(input: unknown): PromiseLike<number> }
}
type Sdk = {
  workflow(definition: {
    name: string
    handlers: { run: (context: Context, input: never) => Promise<unknown> }
  }): unknown
  serve(options: { services: unknown[]; port: number }): Promise<number>
  readonly RestatePromise: { all(promises: readonly PromiseLike<number>[]): PromiseLike<readonly number[]> }
}
type Counted = { readonly count: number }

const [folder = '', port = ''] = process.argv.slice(2)
const found = createRequire(join(folder, 'package.json')).resolve('@restatedev/restate-sdk')
const sdk = (await import(pathToFileURL(found).href)) as Sdk

const workflow = (name: string, run: (context: Context, input: never) => Promise<unknown>) =>
  sdk.workflow({ name, handlers: { run } })

const threeSteps = workflow('three-steps', async (context, { order }: { order: number }) => {
  const { amount } = await context.run('check', async () => ({ amount: order * 10 }))
  const { charge } = await context.run('charge', async () => ({ charge: `ch-${amount}` }))
  return context.run('ship', async () => ({ parcel: `pa-${charge}` }))
})
const steps = workflow('steps', async (context, { count }: Counted) => {
  let total = 0
  for (let n = 0; n < count; n += 1) total += await context.run('add', async () => 1)
  return total
})
const hangs = workflow('hangs', (context, { file }: { file: string }) =>
  context.run('hang', async () => {
    say('running', context.key)
    if (existsSync(file)) return null
    writeFileSync(file, '')
    return new Promise<null>(() => undefined)
  }),
)
const waits = workflow('waits', async (context) => {
  const go = context.promise('go')
  say('waiting', context.key)
  return go
})
const child = workflow('child', async (_, n: number) => n * 2)
const parent = workflow('parent', async (context, { count }: Counted) => {
  const numbers = Array.from({ length: count }, (_, n) => n)
  const doubled = await sdk.RestatePromise.all(
    numbers.map((n) => context.workflowClient(child, `${context.key}-${n}`).run(n)),
  )
  say('done', context.key)
  return doubled.length
})

await sdk.serve({ services: [threeSteps, steps, hangs, waits, child, parent], port: Number(port) })
say('running', 'worker')

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/** Globals that a runner of tests hands into the realm of a file, as Jest does: they are of Node's realm. */
const HANDED_IN = [
  'AbortController', 'AbortSignal', 'Buffer', 'clearTimeout', 'console', 'crypto', 'Event', 'EventTarget', 'process',
  'queueMicrotask', 'setImmediate', 'setTimeout', 'structuredClone', 'TextDecoder', 'TextEncoder', 'URL',
] as const // prettier-ignore

/** A test file of a user, with the library in the same realm. */
const FILE = `
  import { readFile } from 'node:fs/promises'
  import { defineProcess } from 'leasehold'
  import { TestKit } from 'leasehold/testing'
  import * as v from 'valibot'

  const any = v.any()
  const order = defineProcess({
    kind: 'order', input: any, output: any,
    async run(context, input) {
      const cloned = await context.step('clone', () => structuredClone({ lines: [{ sku: input.sku }] }))
      const buffer = await context.step('bytes', () => JSON.parse(Buffer.from('{"n":1}').toString()))
      await context.sleepUntil(new Date(context.now() + 1000))
      const failed = await context.step('read', () => readFile('/no/such/file')).catch((error) => error.error)
      const aborted = await context
        .step('abort', () => AbortSignal.abort().throwIfAborted())
        .catch((error) => error.error.class)
      const refused = await context.step('map', () => new Map()).catch((error) => error.error.code)
      const instance = await context.step('class', () => new (class Row { a = 1 })()).catch((error) => error.error.code)
      const reply = await context.signal('go')
      return structuredClone({ cloned, buffer, failed: [failed.class, failed.code], aborted, refused, instance, reply })
    },
  })
  export async function main() {
    const kit = new TestKit({ definitions: [order] })
    await kit.start(order, structuredClone({ sku: 'x' }), { id: 'o-1' })
    await kit.skip({ seconds: 5 })
    await kit.signal('o-1', 'go', structuredClone({ by: ['ann'] }))
    return JSON.stringify([await kit.result('o-1'), structuredClone({}) instanceof Object])
  }
`

test('the kit runs a process in a realm of its own, with values and errors of Node’s', async () => {
  const { outputFiles } = await build({
    stdin: { contents: FILE, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    write: false,
    alias: { leasehold: join(ROOT, 'lib/index.ts'), 'leasehold/testing': join(ROOT, 'lib/testing/index.ts') },
    logLevel: 'silent',
  })
  const module = { exports: {} as { main(): Promise<string> } }
  const handed = Object.fromEntries(HANDED_IN.map((name) => [name, globalThis[name]]))
  const realm = createContext({
    ...handed,
    module,
    exports: module.exports,
    require: createRequire(import.meta.url),
  })
  runInContext(outputFiles[0]?.text ?? '', realm)
  const [output, sameRealm] = JSON.parse(await module.exports.main()) as unknown[]
  // Else this would prove nothing.
  expect(sameRealm).toBe(false)
  expect(output).toEqual({
    outcome: 'success',
    value: {
      cloned: { lines: [{ sku: 'x' }] },
      buffer: { n: 1 },
      failed: ['Error', 'ENOENT'],
      aborted: 'AbortError',
      refused: 'not_serialisable',
      instance: 'not_serialisable',
      reply: { by: ['ann'] },
    },
  })
})

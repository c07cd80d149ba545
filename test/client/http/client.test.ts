import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, expectTypeOf, test } from 'vitest'
import type { HttpProcessClient } from '../../../lib/client/http/client.ts'
import type { ProcessClient } from '../../../lib/client/client.ts'
import type { OutputOf, Processes, ProcessView } from '../../../lib/client/processes.ts'
import type { Output, ProcessRecord } from '../../../lib/model/record.ts'
import type { echo } from '../../conformance/fixtures/definitions.ts'

test('the client over HTTP comes without the AWS clients, and is small', async () => {
  const { metafile, outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '../../../lib/client/http/index.ts')],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    write: false,
    metafile: true,
    outfile: 'index.mjs',
  })
  const weights = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs))
  const inside = weights.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path)
  expect(inside.filter((path) => /@aws-sdk\/client|powertools|\/hono\//u.test(path))).toEqual([])
  expect(outputFiles[0]?.contents.length).toBeLessThan(150_000)
})

test('both clients are Processes, and the direct one answers more than it must', () => {
  expectTypeOf<ProcessClient>().toExtend<Processes>()
  expectTypeOf<HttpProcessClient>().toExtend<Processes>()
  expectTypeOf<ProcessRecord>().toExtend<ProcessView>()
  expectTypeOf<Awaited<ReturnType<ProcessClient['get']>>>().toExtend<ProcessRecord | undefined>()
})

test('a result has the type of its definition, and is JSON without one', () => {
  const ask = (processes: Processes, definition: typeof echo) => ({
    typed: processes.result(definition, 'a'),
    plain: processes.result('a', { timeout: { seconds: 1 } }),
  })
  expectTypeOf<Awaited<ReturnType<typeof ask>['typed']>>().toEqualTypeOf<OutputOf<typeof echo>>()
  type Value = Extract<OutputOf<typeof echo>, { outcome: 'success' }>['value']
  expectTypeOf<Value>().toEqualTypeOf<{ doubled: number }>()
  expectTypeOf<Awaited<ReturnType<typeof ask>['plain']>>().toEqualTypeOf<Output>()
  const start = (processes: Processes, definition: typeof echo) =>
    // @ts-expect-error an input of another type than the definition says
    processes.start(definition, { n: 'x' }, { id: 'a' })
  expect(start).toBeTypeOf('function')
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { esbuildOptions } from '../../lib/bundle/options.ts'
import { startLocalStack, type LocalStack, type LocalStackOptions } from '../../lib/local/stack.ts'

const FIXTURES = join(import.meta.dirname, '../conformance/fixtures')

/** A local stack with the kinds of the fixtures: its handlers are bundled as they would be deployed. */
export async function clientStack(
  options: LocalStackOptions,
): Promise<LocalStack & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-client-stack-'))
  const [workerEntry, apiEntry] = await Promise.all(
    (['worker', 'api'] as const).map(async (name) => {
      const outfile = join(folder, `${name}.mjs`)
      await build({ ...esbuildOptions(join(FIXTURES, `${name}.ts`)), outfile, write: true })
      return outfile
    }),
  )
  const stack = await startLocalStack({
    ...options,
    ...(workerEntry === undefined ? {} : { workerEntry }),
    ...(apiEntry === undefined ? {} : { apiEntry }),
  })
  const stop = async (): Promise<void> => {
    await stack.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { ...stack, stop, folder }
}

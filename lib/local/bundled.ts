import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { ENTRIES, esbuildOptions } from '../bundle/options.ts'
import { InvariantBroken } from '../model/errors.ts'
import { lives } from './data-dir.ts'

type BundledHandler = keyof typeof ENTRIES

/** This package's handlers as files that are deployed. */
export type Bundles = {
  /** The absolute path of its bundle, once that is written. Rejects where it could not be built. */
  path(handler: BundledHandler): Promise<string>
  /** Resolves when nothing is built any more and the files are gone. */
  remove(): Promise<void>
}

/** A folder is named after the process that made it, which may be killed before it can remove it. */
const PREFIX = 'leasehold-bundles-'

/**
 * Bundles these handlers as CDK does, into a folder of their own among the temporary files. The worker comes first: a stack is up
 * with its first worker, and the others wait for their first event. Those share one build, which reads what they share once.
 */
export function bundleHandlers(handlers: readonly BundledHandler[]): Bundles {
  const folder = bundlesFolder()
  const first = handlers.filter((handler) => handler === 'worker')
  const others = handlers.filter((handler) => handler !== 'worker')
  const firstBuilt = folder.then((path) => bundled(first, path))
  const othersBuilt = firstBuilt.then(async () => bundled(others, await folder))
  // A build that fails is reported to each function that asks for its path.
  const settled = Promise.allSettled([firstBuilt, othersBuilt])
  return {
    async path(handler) {
      if (!handlers.includes(handler)) throw new InvariantBroken(`${handler} is not among the bundles`)
      await (handler === 'worker' ? firstBuilt : othersBuilt)
      return join(await folder, `${handler}.mjs`)
    },
    async remove() {
      await settled
      await rm(await folder, { recursive: true, force: true })
    },
  }
}

async function bundled(handlers: readonly BundledHandler[], folder: string): Promise<void> {
  if (handlers.length === 0) return
  const { outfile: _one, ...options } = esbuildOptions('')
  const { outputFiles } = await build({
    ...options,
    entryPoints: Object.fromEntries(handlers.map((handler) => [handler, ENTRIES[handler]])),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
  })
  await Promise.all(outputFiles.map(({ path, contents }) => writeFile(path, contents)))
}

/** A new folder for bundles, after those of killed stacks are removed. */
export async function bundlesFolder(): Promise<string> {
  await removeLeftovers()
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
}

async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`, 'u').exec(name) ?? []
    if (pid !== undefined && !lives(Number(pid)))
      await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}

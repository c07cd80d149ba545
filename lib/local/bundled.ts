import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { ENTRIES, esbuildOptions } from '../bundle/options.ts'
import { lives } from './data-dir.ts'

/** This package's handlers as files that are deployed: absolute paths of their bundles. */
export type Bundles = {
  readonly [handler in keyof typeof ENTRIES]?: string
} & { remove(): Promise<void> }

/** A folder is named after the process that made it, which may be killed before it can remove it. */
const PREFIX = 'leasehold-bundles-'

/** Bundles these handlers as CDK does, into a folder of their own among the temporary files. */
export async function bundleHandlers(handlers: readonly (keyof typeof ENTRIES)[]): Promise<Bundles> {
  const folder = await bundlesFolder()
  const paths = await Promise.all(
    handlers.map(async (handler) => {
      const { outputFiles } = await build({ ...esbuildOptions(ENTRIES[handler]), outfile: `${handler}.mjs` })
      for (const { path, contents } of outputFiles) await writeFile(join(folder, basename(path)), contents)
      return [handler, join(folder, `${handler}.mjs`)] as const
    }),
  )
  return { ...Object.fromEntries(paths), remove: () => rm(folder, { recursive: true, force: true }) }
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

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The page: the same for every target, so it holds no data. */
export type Assets = { readonly html: string; readonly script: string; readonly styles: string }

const APP = join(import.meta.dirname, 'app')
/** Of a build, beside dist/lib. */
const BUILT = join(import.meta.dirname, '../../console')
export const ASSET_FILES = { html: 'index.html', script: 'app.js', styles: 'app.css' } as const

/** The files that the package has; in this repository, where there is no build, they are made in memory. */
export async function loadAssets(): Promise<Assets> {
  if (import.meta.filename.endsWith('.ts')) return (await makeAssets()).assets
  const read = (file: string) => readFile(join(BUILT, file), 'utf8')
  const [html, script, styles] = await Promise.all([
    read(ASSET_FILES.html),
    read(ASSET_FILES.script),
    read(ASSET_FILES.styles),
  ])
  return { html, script, styles }
}

/** Bundles the page, and names the files that are in it. Needs esbuild. */
export async function makeAssets(): Promise<{
  readonly assets: Assets
  readonly inputs: readonly string[]
}> {
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    absWorkingDir: join(APP, '../../..'),
    entryPoints: { app: join(APP, 'main.tsx'), styles: join(APP, 'app.css') },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    outdir: APP,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
  })
  const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? ''
  const html = await readFile(join(APP, ASSET_FILES.html), 'utf8')
  const assets = { html, script: textOf('app.js'), styles: textOf('styles.css') }
  return { assets, inputs: Object.keys(metafile.inputs) }
}

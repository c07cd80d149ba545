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
  if (import.meta.filename.endsWith('.ts')) return makeAssets()
  const [html, script, styles] = await Promise.all(
    [ASSET_FILES.html, ASSET_FILES.script, ASSET_FILES.styles].map((file) =>
      readFile(join(BUILT, file), 'utf8'),
    ),
  )
  return { html: html ?? '', script: script ?? '', styles: styles ?? '' }
}

/** Bundles the page. Needs esbuild. */
export async function makeAssets(): Promise<Assets> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: { app: join(APP, 'main.tsx'), styles: join(APP, 'app.css') },
    bundle: true,
    minify: true,
    write: false,
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
  return { html, script: textOf('app.js'), styles: textOf('styles.css') }
}

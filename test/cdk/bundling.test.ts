import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ENTRIES } from '../../lib/cdk/bundling.ts'
import { LeaseholdStack } from '../../lib/cdk/stack.ts'
import { bundleHandlers, type Bundles } from '../../lib/local/bundled.ts'

type Asset = { readonly source: { readonly path: string } }

const HANDLERS = Object.keys(ENTRIES) as (keyof typeof ENTRIES)[]
const outdir = mkdtempSync(join(tmpdir(), 'leasehold-assets-'))
let local: Bundles
/** Bundles of the synthesis, by their text. */
let uploaded: ReadonlyMap<string, string>

beforeAll(async () => {
  const app = new App({ outdir })
  new LeaseholdStack(app, 'Leasehold')
  const { directory } = app.synth()
  const manifest = JSON.parse(readFileSync(join(directory, 'Leasehold.assets.json'), 'utf8')) as {
    files: Record<string, Asset>
  }
  const folders = Object.values(manifest.files).map(({ source }) => join(directory, source.path))
  const bundles = folders.filter((folder) => basename(folder).startsWith('asset.'))
  uploaded = new Map(bundles.map((folder) => [textOf(folder), folder]))
  local = bundleHandlers(HANDLERS)
})
afterAll(async () => {
  await local.remove()
  rmSync(outdir, { recursive: true, force: true })
})

describe('what CDK uploads is, byte for byte, what the local stack runs:', () => {
  test.each(HANDLERS)('the %s', async (handler) => {
    const text = withoutMapName(readFileSync(await local.path(handler), 'utf8'))
    expect(text.length).toBeGreaterThan(100_000)
    expect(uploaded.has(text)).toBe(true)
  })
})

test('there is an asset for each handler, with its source map beside it', () => {
  expect(uploaded.size).toBe(HANDLERS.length)
  for (const folder of uploaded.values())
    expect(readdirSync(folder).toSorted()).toEqual(['index.mjs', 'index.mjs.map'])
})

test('an app without a lock file in its own folder bundles its entries and the package’s', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-app-'))
  const before = process.cwd()
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(join(before, 'node_modules/esbuild'), join(folder, 'node_modules/esbuild'))
    writeFileSync(join(folder, 'worker.ts'), 'export const handler = (): string => "mine"')
    process.chdir(folder)
    const app = new App({ outdir: join(folder, 'cdk.out') })
    const processes = { workerEntry: join(folder, 'worker.ts'), api: false, statusEvents: false }
    new LeaseholdStack(app, 'Own', { processes })
    const { directory } = app.synth()
    const assets = readdirSync(directory).filter((name) => name.startsWith('asset.'))
    const texts = assets.map((name) => textOf(join(directory, name)))
    expect(texts.filter((text) => text.includes('"mine"'))).toHaveLength(1)
    expect(texts.filter((text) => text.includes('SweepDue'))).toHaveLength(1)
  } finally {
    process.chdir(before)
    rmSync(folder, { recursive: true, force: true })
  }
})

function textOf(folder: string): string {
  return withoutMapName(readFileSync(join(folder, 'index.mjs'), 'utf8'))
}

/** The last line names the source map, which is called as the file is: `worker.mjs` here, `index.mjs` there. */
function withoutMapName(text: string): string {
  return text.replace(/\n\/\/# sourceMappingURL=\S+\n?$/u, '\n')
}

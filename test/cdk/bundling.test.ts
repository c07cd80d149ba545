import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { expect, onTestFinished, test } from 'vitest'
import { cdkBundling, esbuildOptions } from '../../lib/cdk/bundling.ts'

const ERRORS = join(import.meta.dirname, '../../lib/model/errors.ts')

test('errors have the same names in a bundle as in the code that catches them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-bundle-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const entry = join(folder, 'entry.ts')
  writeFileSync(
    entry,
    `import { InvalidMessage } from '${ERRORS}'
     class CardDeclined extends Error { name = this.constructor.name }
     export const names = [new InvalidMessage({ reason: 'none' }).name, new CardDeclined().name]`,
  )
  const outfile = join(folder, 'index.mjs')
  await build({ ...esbuildOptions(entry), outfile, write: true })
  const { names } = (await import(pathToFileURL(outfile).href)) as { names: string[] }
  expect(names).toEqual(['InvalidMessage', 'CardDeclined'])
})

test('what CDK bundles is bundled as what is measured', () => {
  const { minify, keepNames } = esbuildOptions(ERRORS)
  expect(cdkBundling()).toMatchObject({ minify, keepNames })
})

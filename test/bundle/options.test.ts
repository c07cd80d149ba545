import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterEach, expect, test } from 'vitest'
import { esbuildOptions } from '../../lib/bundle/options.ts'

const folder = mkdtempSync(join(tmpdir(), 'leasehold-bundle-test-'))
afterEach(() => rmSync(folder, { recursive: true }))

test('classes of errors keep their names in a bundle, since they are recorded by them', async () => {
  const source = join(folder, 'source.ts')
  const outfile = join(folder, 'index.mjs')
  const lib = join(import.meta.dirname, '../../lib')
  writeFileSync(
    source,
    `import { factsOf } from '${lib}/model/failure.ts'
     import { UnknownProcess } from '${lib}/model/errors.ts'
     class CardDeclined extends Error {}
     export const recorded = [factsOf(new CardDeclined('no'), 'x').class, new UnknownProcess({ id: 'a' }).name]`,
  )
  await build({ ...esbuildOptions(source), outfile, write: true })
  const { recorded } = (await import(pathToFileURL(outfile).href)) as { recorded: string[] }
  expect(recorded).toEqual(['CardDeclined', 'UnknownProcess'])
})

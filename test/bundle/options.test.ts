import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterEach, expect, test } from 'vitest'
import { esbuildOptions } from '../../lib/bundle/options.ts'

const folder = mkdtempSync(join(tmpdir(), 'leasehold-bundle-test-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

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

test('of the description of an SDK client a bundle has the version alone', async () => {
  mkdirSync(folder, { recursive: true })
  const [source, outfile] = [join(folder, 'source.ts'), join(folder, 'description.mjs')]
  const description = createRequire(import.meta.url).resolve('@aws-sdk/client-sqs/package.json')
  writeFileSync(source, `import description from '${description}'\nexport const read = description`)
  await build({ ...esbuildOptions(source), outfile, write: true })
  const { read } = (await import(pathToFileURL(outfile).href)) as { read: unknown }
  const { name, version } = JSON.parse(readFileSync(description, 'utf8')) as Record<string, string>
  expect(read).toEqual({ name, version })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { buildOnce } from '../../../lib/local/dev/bundles.ts'
import { runCheck, STRIPPED, withoutCredentials } from '../../../lib/local/dev/check.ts'
import { aProject, type Project } from '../../helpers/project.ts'

const folder = mkdtempSync(join(tmpdir(), 'leasehold-check-'))
const projects: Project[] = []
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
  for (const project of projects) project.remove()
})

async function checkOf(source: string, env: Record<string, string | undefined> = {}) {
  const project = aProject({ 'index.ts': source })
  projects.push(project)
  const root = project.folder
  const built = await buildOnce({ entry: join(root, 'index.ts'), root, programs: ['check'] }, folder)
  if ('issues' in built) throw new Error(JSON.stringify(built.issues))
  return runCheck(built.paths.check ?? '', [], { folder, env })
}

const DEFINITION = `import * as v from 'valibot'
import { defineProcess } from 'leasehold'
const order = defineProcess({ kind: 'order', input: v.null(), output: v.null(), run: async () => null })
`

test('runCheck() returns the kinds of a module, which sees no credentials', async () => {
  const source = `${DEFINITION}if (process.env['SHOP_TOKEN'] !== '${STRIPPED}') throw new Error('a secret')
export const definitions = [order]`
  const answer = await checkOf(source, { ...process.env, SHOP_TOKEN: 'x' })
  expect(answer).toEqual({ ok: true, kinds: ['order'], verdicts: [] })
})

test.each([
  ['exports no definitions', 'export const x = 1', 'the module must export definitions, a list'],
  [
    'exports something else',
    'export const definitions = [{ kind: 7 }]',
    'the module must export definitions',
  ],
  [
    'has a kind twice',
    `${DEFINITION}export const definitions = [order, order]`,
    'two definitions have the kind order',
  ],
  [
    'ends the process',
    'export const definitions = [process.exit(3)]',
    'the code ended its process (exit status 3)',
  ],
])('runCheck() refuses a module that %s', async (_, source, text) => {
  expect(await checkOf(source)).toEqual({ ok: false, issue: { text: expect.stringContaining(text) } })
})

test('withoutCredentials() keeps the name of a secret and no place of credentials', () => {
  const given = {
    PATH: '/bin',
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_PROFILE: 'admin',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
    STRIPE_API_KEY: 'sk',
    DATABASE_URL: 'postgres://ann:secret@db/shop',
    SHOP_URL: 'https://shop.example/a:b@c',
  }
  expect(withoutCredentials(given)).toMatchObject({
    PATH: '/bin',
    AWS_ACCESS_KEY_ID: STRIPPED,
    STRIPE_API_KEY: STRIPPED,
    DATABASE_URL: STRIPPED,
    SHOP_URL: 'https://shop.example/a:b@c',
    AWS_EC2_METADATA_DISABLED: 'true',
  })
  expect(Object.keys(withoutCredentials(given))).not.toContain('AWS_PROFILE')
  expect(withoutCredentials(given)['AWS_WEB_IDENTITY_TOKEN_FILE']).toBeUndefined()
})

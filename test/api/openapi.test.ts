import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { VIEW } from '../../lib/api/answers.ts'
import { openApi } from '../../lib/api/openapi.ts'
import { STATUS_OF } from '../../lib/api/problems.ts'
import { ROUTES } from '../../lib/api/routes/index.ts'
import { testApi } from '../helpers/api.ts'

const ROOT = join(import.meta.dirname, '../..')

test('the document is OpenAPI 3.1, and the API serves it', async () => {
  const validator = new Validator()
  expect(await validator.validate(openApi())).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
  expect((await testApi().ask('/openapi.json', { platform: {} })).body).toEqual(openApi())
})

test('docs/openapi.json is the document, as `npm run openapi` writes it', () => {
  const committed = readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8')
  expect(committed).toBe(`${JSON.stringify(openApi(), undefined, 2)}\n`)
})

test('each route has its own name and lists the status of each of its errors', () => {
  expect(new Set(ROUTES.map(({ name }) => name)).size).toBe(ROUTES.length)
  for (const { name, errors } of ROUTES)
    for (const code of errors) expect(STATUS_OF[code], `${name}: ${code}`).toBeDefined()
})

test('the document has each field that a process is answered with', async () => {
  const { ask } = testApi()
  const asked = {
    id: 'a',
    kind: 'echo',
    input: { n: 1 },
    scope: 's',
    provenance: { source: 'shop' },
    urgent: true,
    limits: { timeoutMs: 1_000 },
    startAt: 1,
    concurrency: { key: 'k', limit: 1 },
  }
  const { body } = await ask('/v1/processes', { body: asked })
  const own = Object.keys(body)
  expect(own).toEqual(expect.arrayContaining([...Object.keys(asked), 'recovery', 'status', 'createdAt']))
  expect(Object.keys(VIEW.entries)).toEqual(
    expect.arrayContaining([...own, 'parent', 'children', 'version', 'events']),
  )
})

test('docs/api.md has a row for each route', () => {
  const page = readFileSync(join(ROOT, 'docs/api.md'), 'utf8')
  for (const { method, path, scope } of ROUTES)
    expect(page).toContain(`| \`${method} ${path}\` | ${scope ?? 'the token'} |`)
})

test('docs/api.md tells each code beside its status', () => {
  const page = readFileSync(join(ROOT, 'docs/api.md'), 'utf8')
  const rows = page.split('\n').filter((line) => /^\| \d{3}[ ,]/u.test(line))
  for (const [code, status] of Object.entries(STATUS_OF)) {
    const row = rows.find((line) => line.includes(`\`${code}\``))
    expect(row?.split('|')[1], code).toContain(String(status))
  }
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { shapeWithAllParts } from '../helpers/template.ts'
import type { TemplateJson } from './json.ts'
import type { Mutant } from './mutant.ts'
import { MUTANTS } from './mutants.ts'
import { brokenRules, RULES } from './rules.ts'
import { schemaFindings } from './validator.ts'

const folder = mkdtempSync(join(tmpdir(), 'leasehold-mutants-'))
const shape = shapeWithAllParts(import.meta.filename)
const whole = shape.template.toJSON() as TemplateJson
afterAll(() => {
  shape[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

test('the template without a mistake breaks no rule and no schema', () => {
  expect(brokenRules(whole)).toEqual([])
  expect(schemaFindings(whole, join(folder, 'whole.json'))).toEqual([])
})

describe('a mistake in the template is found', () => {
  test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s', (_, mutant) => {
    const template = mutated(mutant)
    if (mutant.by === 'schema')
      expect(schemaFindings(template, join(folder, 'mutant.json')).length).toBeGreaterThan(0)
    else expect(RULES[mutant.by](template).length).toBeGreaterThan(0)
  })
})

test('every rule has a mistake that it finds', () => {
  const found = new Set(MUTANTS.map(({ by }) => by))
  expect(Object.keys(RULES).filter((rule) => !found.has(rule as keyof typeof RULES))).toEqual([])
})

/** The whole template with one mistake. Throws if its path leads nowhere. */
function mutated({ name, type, find, path, to }: Mutant): TemplateJson {
  const template = structuredClone(whole)
  const [id = ''] =
    Object.entries(template.Resources).find(([id, own]) => own.Type === type && id.includes(find)) ?? []
  const steps = path.split('.')
  const last = steps.pop() ?? ''
  let holder: unknown = template.Resources[id]
  for (const step of steps) holder = (holder as Record<string, unknown> | undefined)?.[step]
  if (typeof holder !== 'object' || holder === null) throw new Error(`${name}: ${id} has no ${path}`)
  if (to !== undefined) Object.assign(holder, { [last]: placed(to) })
  else if (!(last in holder)) throw new Error(`${name}: ${id} has no ${path}`)
  else if (Array.isArray(holder)) holder.splice(Number(last), 1)
  else delete (holder as Record<string, unknown>)[last]
  return template
}

/** `LOGS` and `BUCKET` stand for logical ids, which have a hash. */
function placed(to: unknown): unknown {
  const ids = Object.entries(whole.Resources)
  const idOf = (type: string) => ids.find(([, own]) => own.Type === type)?.[0] ?? ''
  const text = JSON.stringify(to)
    .replace('"LOGS"', JSON.stringify(idOf('AWS::Logs::LogGroup')))
    .replace('"BUCKET"', JSON.stringify(idOf('AWS::S3::Bucket')))
  return JSON.parse(text)
}

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CfnResource, Stack, type App } from 'aws-cdk-lib'
import { afterAll, describe, expect, test } from 'vitest'
import type { TemplateJson } from './json.ts'
import { brokenRules } from './rules.ts'
import { appWith, VARIANTS } from './variants.ts'

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** What CDK says of the templates of an app (schemas, its rules, warnings of constructs), and what our rules say. */
function findings(fill: (app: App) => void): readonly string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'leasehold-variants-'))
  folders.push(outdir)
  const app = appWith(outdir, fill)
  let thrown = ''
  try {
    const { stacks } = app.synth()
    const broken = stacks.flatMap(({ template }) => brokenRules(template as TemplateJson))
    if (broken.length > 0) return broken
  } catch (error) {
    thrown = String(error)
  }
  const report = join(outdir, 'validation-report.json')
  if (!existsSync(report)) return thrown === '' ? [] : [thrown]
  const { pluginReports } = JSON.parse(readFileSync(report, 'utf8')) as {
    pluginReports: readonly { violations: readonly { ruleName: string; description: string }[] }[]
  }
  return pluginReports.flatMap(({ violations }) =>
    violations.map(({ ruleName, description }) => `${ruleName}: ${description}`),
  )
}

describe('the template', () => {
  test.each(VARIANTS)('%s has no error, no warning and breaks no rule', (_, fill) => {
    expect(findings(fill)).toEqual([])
  })
})

test("CDK's validation finds a wrong property and a value of the wrong type", () => {
  const found = findings((app) => {
    const own = new Stack(app, 'Wrong')
    new CfnResource(own, 'Queue', { type: 'AWS::SQS::Queue', properties: { VisibilityTimeOut: 5 } })
    new CfnResource(own, 'Table', { type: 'AWS::DynamoDB::Table', properties: { KeySchema: 'pk' } })
  })
  expect(found.join('\n')).toMatch(/VisibilityTimeOut/u)
  expect(found.join('\n')).toMatch(/KeySchema/u)
})

import { writeFileSync } from 'node:fs'
import { CloudFormationValidatePlugin } from 'aws-cdk-lib'
import type { TemplateJson } from './json.ts'

const plugin = new CloudFormationValidatePlugin()

/** What the schemas of CloudFormation say of a template: errors and warnings. `file` is where the template is written to. */
export function schemaFindings(template: TemplateJson, file: string): readonly string[] {
  writeFileSync(file, JSON.stringify(template))
  const stack = {
    templatePath: file,
    stackConstructPath: 'Mutant',
    accountId: '123456789012',
    region: 'eu-central-1',
  }
  const { violations } = plugin.validate({ templatePaths: [file], stackTemplates: [stack] } as never)
  return violations.map(({ ruleName, description }) => `${ruleName}: ${description}`)
}

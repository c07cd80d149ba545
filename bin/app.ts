import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { LeaseholdStack } from '../lib/cdk/stack.ts'

// The CDK app: one stack, checked against the AWS Solutions rules. An open finding fails the synthesis.
// `-c stack=name` names the stack, so that one account can hold several.

const OUTPUT = 'cdk.out'
// Without a folder of its own each synthesis leaves one behind among the system's temporary files.
const app = new App({ outdir: process.env['CDK_OUTDIR'] ?? OUTPUT })
const name: unknown = app.node.tryGetContext('stack')
new LeaseholdStack(app, typeof name === 'string' ? name : 'Leasehold', {
  description: 'Leasehold: durable background processes',
})
Validations.of(app).addPlugins(new AwsSolutionsChecks(app))

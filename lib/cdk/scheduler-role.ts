import { Aws } from 'aws-cdk-lib'
import {
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
  type PolicyStatementProps,
} from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'

/** What a schedule acts as: it may do what these policies say, by name. CDK's own targets may do more. */
export function schedulerRole(
  scope: Construct,
  id: string,
  may: Readonly<Record<string, PolicyStatementProps>>,
): Role {
  const policies = Object.entries(may).map(([name, statement]) => [
    name,
    new PolicyDocument({ statements: [new PolicyStatement(statement)] }),
  ])
  return new Role(scope, id, {
    // The service acts for every customer: only schedules of this account may take the role.
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
    inlinePolicies: Object.fromEntries(policies) as Record<string, PolicyDocument>,
  })
}

import { Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'

/** Characters of a construct's address that tell two of one stack apart. */
const ADDRESS_SHOWN = 8

/**
 * A name that no other stack of the account and Region has. CDK makes one of the construct's path, which is the same in
 * two stacks of one app under different names.
 */
export function physicalName(scope: Construct, part: string): string {
  return `${Stack.of(scope).stackName}-${part}-${scope.node.addr.slice(0, ADDRESS_SHOWN)}`
}

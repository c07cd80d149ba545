import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** Accepts one finding of the AWS Solutions rules, with the reason why it does not apply. docs/decisions/rights.md lists them. */
export function excuse(construct: IConstruct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason })
}

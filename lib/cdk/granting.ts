import { Stack, Token } from 'aws-cdk-lib'
import { Grant, ServicePrincipal, UnknownPrincipal, type GrantOnPrincipalOptions } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { InvalidConfig } from '../model/errors.ts'

/**
 * `Grant.addToPrincipal`, for a principal that takes the policy. CDK passes over any other without a word, and the first
 * request of such a caller would be denied. Throws `InvalidConfig`.
 */
export function grantTo(scope: Construct, options: GrantOnPrincipalOptions): Grant {
  const { grantPrincipal: principal } = options.grantee
  const grant = Grant.addToPrincipal(options)
  if (!grant.success || principal instanceof UnknownPrincipal)
    refuse(`is no role, user or group: nothing can be granted to ${nameOf(principal)}`)
  const own = Stack.of(scope).account
  const theirs = principal.principalAccount
  if (theirs !== undefined && ![own, theirs].some((id) => Token.isUnresolved(id)) && theirs !== own)
    refuse(
      `is of account ${theirs}, and no policy of account ${own} counts there: let it assume a role of ${own}, and grant to that role`,
    )
  return grant
}

function nameOf(principal: object): string {
  return principal instanceof ServicePrincipal ? principal.service : principal.constructor.name
}

function refuse(message: string): never {
  throw new InvalidConfig({ issues: [{ path: 'grantee', message }] })
}

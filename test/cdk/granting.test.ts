import { App } from 'aws-cdk-lib'
import {
  AccountPrincipal,
  AccountRootPrincipal,
  AnyPrincipal,
  ArnPrincipal,
  Group,
  Role,
  ServicePrincipal,
  UnknownPrincipal,
  User,
  type IGrantable,
} from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { afterAll, describe, expect, test } from 'vitest'
import { LeaseholdStack } from '../../lib/cdk/stack.ts'
import { InvalidConfig } from '../../lib/model/errors.ts'
import { DeployedShape } from '../helpers/template.ts'

const ENTRY = import.meta.filename
const OWN = '111111111111'
const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
const env = { account: OWN, region: 'eu-west-1' }
const stack = new LeaseholdStack(app, 'Own', { env, processes: { workerEntry: ENTRY } })
const { processes } = stack
const keyed = new DeployedShape({ workerEntry: ENTRY }, (scope) => ({ encryptionKey: new Key(scope, 'Key') }))
afterAll(() => keyed[Symbol.dispose]())

const GRANTS = ['grantStart', 'grantCancel', 'grantRead', 'grantSignal', 'grantClient'] as const

describe('a grant that would grant nothing is refused', () => {
  const foreign = Role.fromRoleArn(stack, 'Foreign', 'arn:aws:iam::222222222222:role/theirs')
  const NOTHING: readonly (readonly [message: string, grantee: IGrantable])[] = [
    [
      'is no role, user or group: nothing can be granted to sqs.amazonaws.com',
      new ServicePrincipal('sqs.amazonaws.com'),
    ],
    ['is no role, user or group', new AccountPrincipal('222222222222')],
    ['is no role, user or group', new AnyPrincipal()],
    ['is no role, user or group', new ArnPrincipal(`arn:aws:iam::${OWN}:role/mine`)],
    ['is no role, user or group', new UnknownPrincipal({ resource: stack })],
    ['is of account 222222222222, and no policy of account 111111111111 counts there', foreign],
  ]
  test.each(
    NOTHING.flatMap(([message, grantee]) => GRANTS.map((grant) => [grant, message, grantee] as const)),
  )('%s: %s', (grant, message, grantee) => {
    expect(() => processes[grant](grantee)).toThrow(InvalidConfig)
    expect(() => processes[grant](grantee)).toThrow(`grantee: ${message}`)
  })

  test('the right to a key of one’s own as well', () => {
    const grantee = new ServicePrincipal('sqs.amazonaws.com')
    expect(() => keyed.stack.processes.grantClient(grantee)).toThrow('nothing can be granted to sqs')
  })

  test('a right that the API does not have is refused by name', () => {
    const role = new Role(stack, 'Asking', { assumedBy: new AccountRootPrincipal() })
    expect(() => processes.grantApi(role, 'starts' as never)).toThrow(
      'right: no such right: starts; did you mean start?',
    )
  })
})

test.each([
  ['a role', new Role(stack, 'Role', { assumedBy: new AccountRootPrincipal() })],
  ['a user', new User(stack, 'User')],
  ['a group', new Group(stack, 'Group')],
  ['an imported role of the account', Role.fromRoleArn(stack, 'Imported', `arn:aws:iam::${OWN}:role/mine`)],
  ['an imported role by its name', Role.fromRoleName(stack, 'Named', 'mine')],
])('%s takes every grant', (_, grantee) => {
  for (const grant of GRANTS) expect(() => processes[grant](grantee)).not.toThrow()
})

describe('props and names that do not exist', () => {
  test('a prop of the processes that is put on the stack is refused, with its place', () => {
    const props = { workerEntry: ENTRY, apiAuth: 'jwt', description: 'mine' }
    expect(() => new LeaseholdStack(app, 'Misplaced', props as never)).toThrow(
      'workerEntry: is no prop of a stack: write processes: { workerEntry: … }; apiAuth: is no prop of a stack',
    )
    expect(() => new LeaseholdStack(app, 'Misspelt', { proceses: {} } as never)).toThrow(
      'proceses: no such prop; did you mean processes?',
    )
  })

  test('a metric is refused by name, and so is one of a part that is not deployed', () => {
    expect(() => processes.metric('Complted' as never)).toThrow(
      'no such metric: Complted; did you mean Completed?',
    )
    using without = new DeployedShape({ workerEntry: ENTRY, api: false })
    expect(() => without.stack.processes.metric('Requested')).toThrow(InvalidConfig)
  })
})

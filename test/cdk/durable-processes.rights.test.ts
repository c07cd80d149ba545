import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Validations } from 'aws-cdk-lib'
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { AwsSolutionsChecks } from 'cdk-nag'
import { afterAll, describe, expect, test } from 'vitest'
import { rightsOf } from '../helpers/rights.ts'
import { DeployedShape, shapeWithAllParts } from '../helpers/template.ts'

const ENTRY = import.meta.filename

const SENDS = ['sqs:SendMessage on Queues/Urgent', 'sqs:SendMessage on Queues/Work']
const asks = (...requests: string[]) =>
  requests.map((request) => `execute-api:Invoke on Api/Http/$default/${request}`)
/** Methods of the construct, and the rights that they give. */
const GRANTED = {
  grantStart: SENDS,
  grantCancel: asks('POST/v1/processes/*/cancel'),
  grantRead: asks(
    'GET/openapi.json',
    'GET/v1/attention',
    'GET/v1/counts',
    'GET/v1/health',
    'GET/v1/kinds',
    'GET/v1/processes',
    'GET/v1/processes/*',
    'GET/v1/processes/*/children',
    'GET/v1/processes/*/events',
    'GET/v1/processes/*/payloads/*',
    'GET/v1/processes/*/result',
    'GET/v1/processes/*/waits',
    'GET/v1/slots',
  ),
  grantSignal: asks(
    'POST/v1/callbacks/complete',
    'POST/v1/callbacks/fail',
    'POST/v1/callbacks/heartbeat',
    'POST/v1/processes/*/complete',
    'POST/v1/processes/*/signals',
  ),
  grantClient: [
    'dynamodb:ConditionCheckItem on Processes/Table',
    'dynamodb:GetItem on Processes/Table',
    'dynamodb:PutItem on Processes/Table',
    'dynamodb:Query on Processes/Table',
    'dynamodb:Query on Processes/Table/index/attention',
    'dynamodb:Query on Processes/Table/index/list',
    'dynamodb:Query on Processes/Table/index/scope',
    'dynamodb:UpdateItem on Processes/Table',
    's3:GetObject on Payloads/Payloads/*',
    's3:ListBucket on Payloads/Payloads',
    's3:PutObject on Payloads/Payloads/*',
    ...SENDS,
  ],
} as const

const full = shapeWithAllParts(ENTRY)
/** A user's app that grants rights. Findings of cdk-nag about the app's own roles do not count. */
const granting = new DeployedShape({ workerEntry: ENTRY, apiEntry: ENTRY, payloadBucket: true })
const callers = Object.fromEntries(
  Object.keys(GRANTED).map((grant) => {
    const role = new Role(granting.stack, grant, { assumedBy: new AccountRootPrincipal() })
    granting.stack.processes[grant as keyof typeof GRANTED](role)
    return [grant, role]
  }),
) as Record<keyof typeof GRANTED, Role>
afterAll(() => [full, granting].forEach((each) => each[Symbol.dispose]()))

const via = (service: string) => (action: string) =>
  `^kms:${action} on \\{"Fn::ImportValue":"Beside:\\w+"\\} if \\{"StringEquals":\\{"kms:ViaService":\\S*\\["${service}\\.",`

describe('the rights that are asked for', () => {
  test('limit a key of its own to use through DynamoDB, and through S3 for objects', () => {
    const props = { workerEntry: ENTRY, apiEntry: ENTRY, payloadBucket: true }
    using keyed = new DeployedShape(props, (scope) => ({
      encryptionKey: new Key(scope, 'Key', { enableKeyRotation: true }),
    }))
    const own = keyed.stack.processes
    const itemsOf = ['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey'].map(via('dynamodb'))
    const objectsOf = ['Decrypt', 'GenerateDataKey'].map(via('s3'))
    const reader = new Role(keyed.stack, 'Reader', { assumedBy: new AccountRootPrincipal() })
    own.grantClient(reader)
    const roleOf = ({ handler }: typeof own.worker | typeof own.sweep) => handler.function.role!
    for (const [role, uses] of [
      [roleOf(own.worker), [...itemsOf, ...objectsOf]],
      [roleOf(own.sweep), itemsOf],
      [roleOf(own.api!), [...itemsOf, ...objectsOf]],
      [roleOf(own.statusEvents!), itemsOf],
      [reader, [...itemsOf, ...objectsOf]],
    ] as const)
      expect(rightsOf(keyed, role).filter((right) => right.startsWith('kms:'))).toEqual(
        [...uses].sort().map((use) => expect.stringMatching(use)),
      )
    expect(keyed.resource(own.table.table).Properties['SSESpecification']).toEqual({
      SSEEnabled: true,
      SSEType: 'KMS',
    })
  })

  test.each(Object.entries(GRANTED))('%s gives a role what it says and no more', (grant, rights) => {
    expect(rightsOf(granting, callers[grant as keyof typeof GRANTED])).toEqual(rights)
  })

  test.each(['grantCancel', 'grantRead', 'grantSignal'] as const)(
    '%s is refused where callers are known by their tokens, and where there is no API',
    (grant) => {
      const jwt = { apiAuth: 'jwt', jwtIssuer: 'https://id.example', jwtAudience: ['leasehold'] } as const
      for (const [props, advice] of [
        [jwt, 'leasehold/'],
        [{ api: false }, 'set api to true'],
      ] as const) {
        using own = new DeployedShape({ workerEntry: ENTRY, ...props })
        const role = new Role(own.stack, 'Caller', { assumedBy: new AccountRootPrincipal() })
        expect(() => own.stack.processes[grant](role)).toThrow(advice)
      }
    },
  )
})

describe('the rules of AWS Solutions', () => {
  test('are all kept, and what is excused has its reason on the page of rights', () => {
    expect(new AwsSolutionsChecks(full.app).validateScope(full.app)).toEqual({
      success: true,
      violations: [],
    })
    const excused = full.app.node
      .findAll()
      .flatMap((node) => node.node.metadata)
      .filter((entry) => entry.type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap((entry) => Object.values(entry.data as Record<string, string>))
    const page = readFileSync(join(import.meta.dirname, '../../docs/decisions/rights.md'), 'utf8')
    expect(excused.length).toBeGreaterThan(0)
    expect([...new Set(excused)].filter((reason) => !page.includes(reason))).toEqual([])
  })

  test('are really checked: a bare queue breaks them', () => {
    using bare = new DeployedShape({ workerEntry: ENTRY })
    new Queue(bare.stack, 'Bare')
    const report = new AwsSolutionsChecks(bare.app).validateScope(bare.app)
    expect(report.violations.map((violation) => violation.ruleName)).toContain('AwsSolutions-SQS4')
  })
})

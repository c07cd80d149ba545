import { App, Stack } from 'aws-cdk-lib'
import { afterAll, expect, test } from 'vitest'
import { PayloadBucket } from '../../lib/cdk/payload-bucket.ts'
import { DeployedShape } from '../helpers/template.ts'

const ENTRY = import.meta.filename
const shape = new DeployedShape({
  workerEntry: ENTRY,
  apiEntry: ENTRY,
  payloadBucket: true,
})
afterAll(() => shape[Symbol.dispose]())
const { payloads, worker, api, sweep, statusEvents } = shape.stack.processes

test.each(['bucket', 'accessLogs'] as const)(
  'the %s is encrypted, shut to the public, and kept with the table',
  (name) => {
    const { Properties, DeletionPolicy } = shape.resource(payloads![name])
    expect(Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    })
    expect(DeletionPolicy).toBe('Retain')
    const [policy] = shape.pointingAt('AWS::S3::BucketPolicy', 'Bucket', payloads![name])
    expect(policy?.Properties['PolicyDocument']).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Effect: 'Deny',
          Action: 's3:*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      ]),
    })
  },
)

const UPLOADS = { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }

test('only tagged objects go, and uploads that were never ended after a day', () => {
  expect(shape.resource(payloads!.bucket).Properties['LifecycleConfiguration']).toEqual({
    Rules: [
      UPLOADS,
      { Status: 'Enabled', ExpirationInDays: 1, TagFilters: [{ Key: 'leasehold', Value: 'expires' }] },
    ],
  })
})

test('without status events nothing is tagged: objects expire after the days given, or never', () => {
  const props = { workerEntry: ENTRY, apiEntry: ENTRY, payloadBucket: true, statusEvents: false }
  for (const [more, rules] of [
    [{}, [UPLOADS]],
    [{ payloadExpiryDays: 45 }, [UPLOADS, { Status: 'Enabled', ExpirationInDays: 45 }]],
  ] as const) {
    using own = new DeployedShape({ ...props, ...more })
    expect(own.resource(own.stack.processes.payloads!.bucket).Properties['LifecycleConfiguration']).toEqual({
      Rules: rules,
    })
  }
})

test('worker, API and status events are told of the bucket, and the sweep is not', () => {
  const told = [worker, api!, statusEvents!, sweep].map(
    ({ handler }) =>
      (shape.resource(handler.function).Properties['Environment'] as { Variables: Record<string, unknown> })
        .Variables['LEASEHOLD_BUCKET'],
  )
  expect(told).toEqual([...Array.from({ length: 3 }, () => ({ Ref: payloads!.logicalId })), undefined])
})

test('by default there is no bucket', () => {
  using own = new DeployedShape({ workerEntry: ENTRY })
  own.template.resourceCountIs('AWS::S3::Bucket', 0)
})

test('an app without the feature flags of CDK gets its buckets too', () => {
  const settings = { keepData: true, payloadExpiryDays: 45, encryptionKey: undefined, statusEvents: true }
  expect(() => new PayloadBucket(new Stack(new App(), 'Plain'), 'Payloads', settings)).not.toThrow()
})

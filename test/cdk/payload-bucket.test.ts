import { afterAll, expect, test } from 'vitest'
import { DeployedShape } from '../helpers/template.ts'

const ENTRY = import.meta.filename
const shape = new DeployedShape({
  workerEntry: ENTRY,
  apiEntry: ENTRY,
  payloadBucket: true,
  payloadExpiryDays: 45,
})
afterAll(() => shape[Symbol.dispose]())
const { payloads, worker, api, sweep } = shape.stack.processes

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

test('objects go after their days, and uploads that were never ended after one', () => {
  expect(shape.resource(payloads!.bucket).Properties['LifecycleConfiguration']).toEqual({
    Rules: [
      { Status: 'Enabled', ExpirationInDays: 45, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ],
  })
})

test('worker and API are told of the bucket, and nobody else', () => {
  const told = [worker, api!, sweep].map(
    ({ handler }) =>
      (shape.resource(handler.function).Properties['Environment'] as { Variables: Record<string, unknown> })
        .Variables['LEASEHOLD_BUCKET'],
  )
  expect(told).toEqual([{ Ref: payloads!.logicalId }, { Ref: payloads!.logicalId }, undefined])
})

test('by default there is no bucket', () => {
  using own = new DeployedShape({ workerEntry: ENTRY })
  own.template.resourceCountIs('AWS::S3::Bucket', 0)
})

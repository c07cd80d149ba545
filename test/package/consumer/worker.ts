import { S3Client } from '@aws-sdk/client-s3'
import { workerHandler } from 'leasehold'
import { S3Payloads } from 'leasehold/s3'
import { order } from './order.ts'

const large = new S3Payloads({ client: new S3Client(), bucket: process.env['LEASEHOLD_BUCKET'] ?? '' })
export const handler = workerHandler({ definitions: [order], payloads: { large } })

import { S3Client } from '@aws-sdk/client-s3'
import { statusEventsHandler } from '../lib/status-events/lambda.ts'
import { S3Payloads } from '../lib/s3/s3-payloads.ts'

// With `payloadBucket`: objects of removed processes are let go of. Apart from functions/status-events.ts for the S3 client's size.
const bucket = process.env['LEASEHOLD_BUCKET'] ?? ''

export const handler = statusEventsHandler({ large: new S3Payloads({ client: new S3Client(), bucket }) })

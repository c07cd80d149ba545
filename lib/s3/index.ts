// The public door for large payloads: `leasehold/s3`.

export { S3Payloads } from './s3-payloads.ts'

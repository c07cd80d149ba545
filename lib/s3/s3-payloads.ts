import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { LARGE_PAYLOAD_MAX_BYTES } from '../model/limits.ts'
import { expectConfig } from '../model/options.ts'
import type { LargePayloads } from '../registry/payload-ports.ts'

/**
 * Values over 350 KB as objects of a bucket, under `<prefix><process id>/<hash>`. It is a door of its own
 * (`leasehold/s3`), since the S3 client adds 170 KB to a bundle that most deployments do not need.
 *
 * Needs `s3:PutObject` and `s3:GetObject` on the prefix, and `s3:ListBucket` on the bucket: without that one S3 answers 403
 * for an object that is gone, which looks like a right that is missing. Let the bucket's lifecycle remove objects some time after your
 * longest retention: nothing else does.
 *
 *     const large = new S3Payloads({ client: new S3Client(), bucket: 'my-payloads' })
 *     export const handler = workerHandler({ definitions, payloads: { large } })
 */
export class S3Payloads implements LargePayloads {
  readonly maxBytes: number
  readonly #client: S3Client
  readonly #bucket: string
  readonly #prefix: string

  constructor(parts: { client: S3Client; bucket: string; prefix?: string; maxBytes?: number }) {
    expectConfig<typeof parts>(parts, { client: 'any', bucket: 'text', prefix: 'text', maxBytes: 'any' })
    this.#client = parts.client
    this.#bucket = parts.bucket
    this.#prefix = parts.prefix ?? ''
    this.maxBytes = parts.maxBytes ?? LARGE_PAYLOAD_MAX_BYTES
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#client.send(
      new PutObjectCommand({ Bucket: this.#bucket, Key: this.#keyOf(key), Body: bytes }),
    )
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      const { Body } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: this.#keyOf(key) }),
      )
      return await Body?.transformToByteArray()
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined
      throw error
    }
  }

  #keyOf(key: string): string {
    return `${this.#prefix}${key}`
  }
}

import {
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { EpochMs } from '../model/clock.ts'
import { LARGE_PAYLOAD_MAX_BYTES } from '../model/limits.ts'
import { EXPIRY_TAG } from '../model/limits-status-events.ts'
import { expectConfig } from '../model/options.ts'
import type { LargePayloads } from '../registry/payload-ports.ts'

const EXPIRES = { TagSet: [{ Key: EXPIRY_TAG.key, Value: EXPIRY_TAG.value }] }

/**
 * Values over 350 KB as objects of a bucket, under `<prefix><process id>/<hash>`. It is a door of its own
 * (`leasehold/s3`), since the S3 client adds 170 KB to a bundle that most deployments do not need.
 *
 * Needs `s3:PutObject` and `s3:GetObject` on the prefix, and `s3:ListBucket` on the bucket: without that one S3 answers 403
 * for an object that is gone, which looks like a right that is missing. When a process is removed, the status-event function tags its
 * objects with `leasehold=expires` (`release`, which needs `s3:PutObjectTagging` and `s3:DeleteObjectTagging`): let the bucket's
 * lifecycle remove those.
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

  /**
   * Tags the objects of a removed process, for the bucket's lifecycle to remove. A new process of the same id may put a value
   * under the same key meanwhile, and a tag would take it away. So what is newer is looked for again after the tags are
   * set, and loses its own. Again after a crash comes to the same.
   */
  async release(id: string, before: EpochMs): Promise<number> {
    const old = await this.#list(id, (at) => at < before)
    for (const Key of old)
      await this.#client.send(new PutObjectTaggingCommand({ Bucket: this.#bucket, Key, Tagging: EXPIRES }))
    for (const Key of await this.#list(id, (at) => at >= before))
      await this.#client.send(new DeleteObjectTaggingCommand({ Bucket: this.#bucket, Key }))
    return old.length
  }

  async #list(id: string, matches: (at: EpochMs) => boolean): Promise<readonly string[]> {
    const found: string[] = []
    let token: string | undefined
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: this.#keyOf(`${id}/`),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      )
      for (const { Key, LastModified } of page.Contents ?? [])
        if (Key !== undefined && matches(LastModified?.getTime() ?? 0)) found.push(Key)
      token = page.NextContinuationToken
    } while (token !== undefined)
    return found
  }

  #keyOf(key: string): string {
    return `${this.#prefix}${key}`
  }
}

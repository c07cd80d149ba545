import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { Call } from './request.ts'

/** Objects by their keys, as bytes. */
export type Bucket = Map<string, Uint8Array>

/** Tries of the SDK, which asks S3 again by itself. */
const TRIES = 3

type Sender = {
  readonly call: <T>(asked: Call<T>) => Promise<T>
  readonly put: (key: string, bytes: Uint8Array) => void
}

/** A client of a simulated bucket, as far as the library uses one. */
export function simulatedS3(bucket: Bucket, { call, put }: Sender): S3Client {
  const requestOf = (command: unknown): Call<unknown> => {
    if (command instanceof PutObjectCommand) {
      const { Key = '', Body } = command.input
      const bytes = Uint8Array.from(Body as Uint8Array)
      const arrive = (): object => {
        bucket.set(Key, bytes)
        put(Key, bytes)
        return {}
      }
      return { on: 'write', what: `put object ${Key}`, arrive, refuse }
    }
    if (command instanceof GetObjectCommand) {
      const { Key = '' } = command.input
      const arrive = (): object => {
        const bytes = bucket.get(Key)
        if (bytes === undefined) throw new NoSuchKey({ message: 'no such key', $metadata: {} })
        return { Body: { transformToByteArray: () => Promise.resolve(bytes) } }
      }
      return { on: 'read', what: `get object ${Key}`, arrive, refuse }
    }
    throw new Error('the simulated bucket does not know this command')
  }
  const send = async (command: unknown): Promise<unknown> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await call(requestOf(command))
      } catch (error) {
        if (error instanceof NoSuchKey || tries === TRIES) throw error
      }
    }
  }
  return { send } as unknown as S3Client
}

function refuse(fault: string): Error {
  return Object.assign(new Error(`simulated: ${fault}`), { name: 'SlowDown' })
}

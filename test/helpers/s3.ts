import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { bodyUpTo, serveHttp } from '../../lib/local/http-server.ts'
import { startSqs } from '../../lib/local/sqs.ts'

export const BUCKET = 'payloads'
const BODY_MAX_BYTES = 64 * 1_048_576
/** As S3 answers, with the words of a policy that does not allow it. */
const DENIED =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>not authorized to perform: s3:GetObject</Message></Error>'

export type Bucket = {
  readonly client: S3Client
  /** Requests of these methods are answered 403 from now on. */
  deny(...methods: readonly string[]): void
  /** Tags by key, which the emulator does not know. A put takes them away, as in S3. */
  readonly tags: ReadonlyMap<string, string>
  /** Told of each request before it is carried out. */
  onRequest(listener: (method: string, url: string) => Promise<void>): void
  close(): Promise<void>
}

/** A bucket of the emulator that stands for SQS and S3, behind what plays the part of its policy. */
export async function openBucket(): Promise<Bucket> {
  const emulator = await startSqs({ region: 'us-east-1' })
  let denied: readonly string[] = []
  const tags = new Map<string, string>()
  let listener: (method: string, url: string) => Promise<void> = () => Promise.resolve()
  const policy = await serveHttp(async (request, response) => {
    const { method = 'GET', url = '/', headers } = request
    const body = await bodyUpTo(request, BODY_MAX_BYTES)
    await listener(method, url)
    if (denied.includes(method))
      return void response.writeHead(403, { 'content-type': 'application/xml' }).end(DENIED)
    const { pathname, searchParams } = new URL(url, 'http://s3')
    const key = decodeURIComponent(pathname).slice(`/${BUCKET}/`.length)
    if (method === 'PUT' || method === 'DELETE') tags.delete(key)
    if (searchParams.has('tagging')) {
      if (method === 'PUT') tags.set(key, String(body))
      return void response.writeHead(method === 'PUT' ? 200 : 204).end()
    }
    const hasBody = method === 'PUT' || method === 'POST'
    const passed = await fetch(`${emulator.endpoint}${url}`, {
      method,
      headers: passedOn(headers),
      ...(hasBody && body !== undefined ? { body: new Uint8Array(body) } : {}),
    })
    const bytes = Buffer.from(await passed.arrayBuffer())
    response.writeHead(passed.status, Object.fromEntries(passed.headers)).end(bytes)
  })
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${policy.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    forcePathStyle: true,
    maxAttempts: 1,
  })
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }))
  return {
    client,
    tags,
    onRequest(heard) {
      listener = heard
    },
    deny(...methods) {
      denied = methods
    },
    async close() {
      client.destroy()
      await policy.stop()
      await emulator.stop()
    },
  }
}

function passedOn(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const own = new Set(['host', 'connection', 'content-length', 'expect', 'transfer-encoding'])
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      own.has(name) || typeof value !== 'string' ? [] : [[name, value]],
    ),
  )
}

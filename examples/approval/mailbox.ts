import * as v from 'valibot'
import { bodyOf, serve, type Served } from '../serve.ts'

export const Mail = v.object({ process: v.string(), text: v.string() })
export type Mail = v.InferOutput<typeof Mail>

/** Takes mails, each key once, and tells of each. */
export async function openMailbox(arrived: (mail: Mail) => void): Promise<Served> {
  const keys = new Set<string>()
  return serve((request, response) => {
    void (async () => {
      const mail = v.parse(Mail, await bodyOf(request))
      const key = String(request.headers['idempotency-key'])
      if (!keys.has(key)) arrived(mail)
      keys.add(key)
      response.end('{}')
    })()
  })
}

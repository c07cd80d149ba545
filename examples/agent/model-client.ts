import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import * as v from 'valibot'

export const ToolCall = v.object({ name: v.string(), arguments: v.record(v.string(), v.string()) })
export type ToolCall = v.InferOutput<typeof ToolCall>

/** What a model sends, part by part: words, and at the end of its turn a tool that it wants used, or nothing more. */
export const Part = v.union([
  v.object({ text: v.string() }),
  v.object({ tool: ToolCall }),
  v.object({ done: v.literal(true) }),
])
export type Part = v.InferOutput<typeof Part>

export type Message = {
  readonly role: 'user' | 'assistant' | 'tool'
  readonly text: string
}

/** A model's turn as it speaks. */
export type Turn = {
  next(signal: AbortSignal): Promise<Part>
  close(): void
}

/** Lets a model speak, from where `said` ends: an interrupted turn continues where it was. */
export type Speak = (asked: {
  readonly url: string
  readonly messages: readonly Message[]
  readonly said: string
}) => Turn

/** By HTTP, a line of JSON a part. */
export const speak: Speak = ({ url, messages, said }) => {
  const abort = new AbortController()
  const parts = partsOf(url, JSON.stringify({ messages, said }), abort.signal)
  return {
    async next(signal) {
      const stop = (): void => abort.abort(signal.reason)
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop, { once: true })
      try {
        const part = await parts.next()
        if (part.done === true) throw new Error('the model fell silent in the middle of its turn')
        return part.value
      } finally {
        signal.removeEventListener('abort', stop)
      }
    },
    close: () => abort.abort(),
  }
}

async function* partsOf(url: string, body: string, signal: AbortSignal): AsyncGenerator<Part, undefined> {
  const reply = await fetch(url, { method: 'POST', body, signal })
  if (!reply.ok || reply.body === null) throw new Error(`the model answered ${reply.status}`)
  const input = Readable.fromWeb(reply.body, { signal })
  for await (const line of createInterface({ input })) yield v.parse(Part, JSON.parse(line))
  signal.throwIfAborted()
}

import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import * as v from 'valibot'
import type { Json } from '../../lib/model/json.ts'
import { bodyOf, serve, type Served } from '../serve.ts'
import type { Part } from './model-client.ts'

const Asked = v.object({
  messages: v.array(v.object({ role: v.picklist(['user', 'assistant', 'tool']), text: v.string() })),
  said: v.string(),
})

/** What the stand-in for a model says, turn by turn: the words, and the tool that it wants used then. */
const SCRIPT: readonly { words: (lastTool: string) => string; end: Part }[] = [
  {
    words: () => 'I will look at the invoice first.',
    end: { tool: { name: 'lookup', arguments: { invoice: 'A-7' } } },
  },
  {
    words: () => 'It was paid twice, so one payment should go back.',
    end: { tool: { name: 'refund', arguments: { invoice: 'A-7' } } },
  },
  {
    words: (lastTool) =>
      lastTool.includes('not allowed')
        ? 'I may not pay anything back; please ask a colleague of mine.'
        : 'Done: the second payment is on its way back to you.',
    end: { done: true },
  },
]
const WORDS_A_PART = 3

export type Desk = Served & {
  /** Invoices that money was given back for. A call repeated under its key is not here twice. */
  readonly refunds: string[]
  /** Settles when the model falls silent in the middle of a turn. */
  readonly silence: Promise<void>
}

/**
 * A stand-in for a model and for its tools, the same on each run. `silentInTurn` makes it send one part of that turn and
 * then nothing more, as a model that thinks for a very long time would.
 */
export async function openDesk(
  options: { readonly silentInTurn?: number; readonly pauseMs?: number } = {},
): Promise<Desk> {
  const refunds: string[] = []
  const keys = new Set<string>()
  const silence = Promise.withResolvers<void>()

  const model = async (body: unknown, response: ServerResponse): Promise<void> => {
    const { messages, said } = v.parse(Asked, body)
    const turn = messages.filter(({ role }) => role === 'assistant').length
    const { words, end } = SCRIPT[turn] ?? { words: () => 'That is all.', end: { done: true } }
    const left = words(messages.at(-1)?.text ?? '').slice(said.length)
    for (const text of inParts(left)) {
      if (turn + 1 === options.silentInTurn && said.length + left.indexOf(text) > 0) {
        silence.resolve()
        return
      }
      response.write(`${JSON.stringify({ text })}\n`)
      await pause(options.pauseMs ?? 0)
    }
    response.end(`${JSON.stringify(end)}\n`)
  }
  const tool = (name: string, key: string, body: unknown): Json => {
    const { invoice } = v.parse(v.object({ invoice: v.string() }), body)
    if (name === 'lookup') return { invoice, paid: ['3 May', '4 May'] }
    if (!keys.has(key)) refunds.push(invoice)
    keys.add(key)
    return { invoice, refunded: true }
  }

  const served = await serve((request, response) => {
    void (async () => {
      const [, place, name = ''] = request.url?.split('/') ?? []
      const body = await bodyOf(request)
      if (place === 'model') await model(body, response)
      else response.end(JSON.stringify(tool(name, String(request.headers['idempotency-key']), body)))
    })()
  })
  return { ...served, refunds, silence: silence.promise }
}

/** A few words a part, so that the parts joined are the text again. */
function inParts(text: string): string[] {
  return text.match(new RegExp(String.raw`(?:\s*\S+){1,${WORDS_A_PART}}`, 'gu')) ?? []
}

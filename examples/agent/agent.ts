import * as v from 'valibot'
import type { ProcessContext } from '../../lib/effects/context.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import { WaitTimedOut } from '../../lib/model/errors.ts'
import { post, type Post } from '../post.ts'
import { speak, type Message, type Speak, type ToolCall, type Turn } from './model-client.ts'

/** Tools that touch money: a person has to say yes first. */
const DANGEROUS: readonly string[] = ['refund']

/** What followers read along. */
export const Said = v.object({ turn: v.number(), text: v.string() })

/** What a person sends as signal `permit`. */
export const Permit = v.object({ allow: v.boolean(), by: v.string() })

const PATIENT = { timeout: { seconds: 30 }, retry: { maxAttempts: 5, initialDelay: { seconds: 1 } } } as const

type Ports = { readonly speak: Speak; readonly use: Post }

/**
 * A model and its tools in a loop. The words of the model and the results of its tools are recorded as they come, so a crash
 * repeats neither. The model is not paid twice for the same words, and no refund is made twice. A caller that follows the
 * process's events reads along, and a cancel stops the model in the middle of a sentence.
 */
export function agentWith(ports: Ports) {
  return defineProcess({
    kind: 'agent',
    input: v.object({ desk: v.string(), task: v.string(), turnsMax: v.optional(v.number(), 10) }),
    output: v.object({ answer: v.string(), turns: v.number() }),
    events: {
      said: Said,
      'permit-wanted': v.object({ tool: v.string(), arguments: v.record(v.string(), v.string()) }),
    },
    async run(context, { desk, task, turnsMax }) {
      const messages: Message[] = [{ role: 'user', text: task }]
      for (let turn = 1; turn <= turnsMax; turn += 1) {
        const { said, tool } = await listen(context, ports.speak, { url: `${desk}/model`, messages, turn })
        messages.push({ role: 'assistant', text: said })
        if (tool === undefined) return { answer: said, turns: turn }
        const result = await useTool(context, ports.use, { desk, tool, turn })
        messages.push({ role: 'tool', text: result })
      }
      throw new Error(`the model came to no answer in ${turnsMax} turns`)
    },
  })
}

/**
 * One turn of the model: a step for each part, and an event for what was said in it. No effect can be asked for inside a
 * step's body, since a body may run twice, so each part is a step of its own. The open turn is plain memory between
 * them: in a calm run it is one request. A worker that takes over has no open turn, and asks for the rest of it, from
 * the last recorded word on. Each part costs about one write: gather words into parts that are worth it.
 */
async function listen(
  context: ProcessContext,
  speak: Speak,
  asked: { url: string; messages: readonly Message[]; turn: number },
): Promise<{ said: string; tool?: ToolCall }> {
  let said = ''
  let open: Turn | undefined
  try {
    for (let number = 1; ; number += 1) {
      const part = await context.step(
        `turn ${asked.turn} part ${number}`,
        async ({ abortSignal }) => {
          try {
            open ??= speak({ ...asked, said })
            return await open.next(abortSignal)
          } catch (error) {
            open = undefined
            throw error
          }
        },
        PATIENT,
      )
      if ('done' in part) return { said }
      if ('tool' in part) return { said, tool: part.tool }
      said += part.text
      await context.emit('said', { turn: asked.turn, text: part.text })
    }
  } finally {
    open?.close()
  }
}

/** The result of a tool, or its refusal: the model gets either. */
async function useTool(
  context: ProcessContext,
  use: Post,
  { desk, tool, turn }: { desk: string; tool: ToolCall; turn: number },
): Promise<string> {
  if (DANGEROUS.includes(tool.name)) {
    await context.emit('permit-wanted', { tool: tool.name, arguments: tool.arguments })
    const permit = await permitFrom(context)
    if (!permit.allow) return `${tool.name} was not allowed by ${permit.by}`
  }
  const result = await context.step(
    `tool ${turn} ${tool.name}`,
    ({ idempotencyKey: key, abortSignal: signal }) =>
      use({ url: `${desk}/tools/${tool.name}`, body: tool.arguments, key, signal }),
    PATIENT,
  )
  return JSON.stringify(result)
}

async function permitFrom(context: ProcessContext): Promise<v.InferOutput<typeof Permit>> {
  try {
    return await context.signal('permit', { schema: Permit, timeout: { hours: 8 } })
  } catch (error) {
    if (error instanceof WaitTimedOut) return { allow: false, by: 'no person, in eight hours' }
    throw error
  }
}

export const agent = agentWith({ speak, use: post })

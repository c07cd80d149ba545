import * as v from 'valibot'
import { agentWith, Said } from '../../../examples/agent/agent.ts'
import { openDesk } from '../../../examples/agent/desk.ts'
import { speak } from '../../../examples/agent/model-client.ts'
import { post } from '../../../examples/post.ts'
import type { LogEntry } from '../../../lib/model/log.ts'
import { TestKit } from '../../../lib/testing/index.ts'
import { lifeOf, until, waitsFor, type Live } from '../lives.ts'

const lived =
  (given: { allow?: boolean; cancel?: 'while it waits' | 'in a sentence' }): Live =>
  async (crash) => {
    const desk = await openDesk(given.cancel === 'in a sentence' ? { silentInTurn: 3 } : {})
    const agent = agentWith({
      use: (request) => kit.outside(post(request)),
      speak(asked) {
        const turn = speak(asked)
        return {
          ...turn,
          next(signal) {
            const part = turn.next(signal)
            // While the model is silent the clock continues: only a cancel or a timeout ends that.
            void kit.outside(Promise.race([part.catch(() => undefined), desk.silence]))
            return part
          },
        }
      },
    })
    const kit = new TestKit({ definitions: [agent] })
    try {
      if (crash !== undefined) kit.crashAtWrite(crash.nth, crash.when)
      await kit.start(agent, { desk: desk.url, task: 'Why was I charged twice?' }, { id: 'g-1' })
      await until(kit, () => waitsFor(kit, 'g-1', 'signal "permit"'))
      await kit.skip({ minutes: 10 })
      if (given.cancel === 'while it waits') await kit.cancel('g-1', 'never mind')
      else if (given.allow !== undefined) await kit.signal('g-1', 'permit', { allow: given.allow, by: 'ann' })
      if (given.cancel === 'in a sentence') {
        // The model has said something in its third turn, and all of it is recorded.
        await until(kit, async () => (await kit.effects('g-1')).slice(-2).join() === 'turn 3 part 1,said')
        await kit.cancel('g-1', 'it thinks for too long')
      }
      const life = await lifeOf(kit, 'g-1', () => desk.refunds)
      return { ...life, world: { refunds: desk.refunds, read: readAlong(await kit.log('g-1')) } }
    } finally {
      await desk.close()
    }
  }

/** What a follower of its events has read. */
function readAlong(log: readonly LogEntry[]): string {
  return log
    .flatMap((entry) => {
      if (entry.type !== 'effect' || entry.name !== 'said' || !entry.outcome.ok) return []
      const { value } = entry.outcome
      return value !== undefined && 'value' in value ? [v.parse(Said, value.value).text] : []
    })
    .join('')
}

export const lives: { readonly [name: string]: Live } = {
  allowed: lived({ allow: true }),
  'not allowed': lived({ allow: false }),
  'left alone': lived({}),
  'cancelled while it waits': lived({ cancel: 'while it waits' }),
  'cancelled in a sentence': lived({ allow: true, cancel: 'in a sentence' }),
}

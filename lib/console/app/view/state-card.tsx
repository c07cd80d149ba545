import { useState } from 'preact/hooks'
import type { ProcessView } from '../../../client/processes.ts'
import { reportState } from '../model/sentence.ts'
import { clock } from '../state.ts'
import { ActionButton } from './actions.tsx'
import { SentenceText } from './text.tsx'

/** What the process does or waits for, how to answer it, and what else an operator should know. */
export function StateCard({ view, changed }: { readonly view: ProcessView; readonly changed: () => void }) {
  const { tone, main, answer, notes } = reportState(view, clock.value)
  const [all, setAll] = useState(false)
  const shown = all ? notes : notes.slice(0, 4)
  return (
    <div class={`state ${tone}`}>
      <p class="state-main">
        <SentenceText of={main} />
      </p>
      {answer !== undefined && (
        <div class="state-answer">
          <p>
            <SentenceText of={answer.how} />
          </p>
          {answer.action !== undefined && (
            <ActionButton
              action={answer.action}
              view={view}
              changed={changed}
              primary
              {...(answer.signal !== undefined && { signal: answer.signal })}
            />
          )}
        </div>
      )}
      {shown.length > 0 && (
        <ul class="state-notes">
          {shown.map((note) => (
            <li>
              <SentenceText of={note} />
            </li>
          ))}
        </ul>
      )}
      {notes.length > shown.length && (
        <button type="button" class="quiet" onClick={() => setAll(true)}>
          {notes.length - shown.length} more notes
        </button>
      )}
    </div>
  )
}

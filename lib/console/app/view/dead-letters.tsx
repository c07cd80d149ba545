import type { Json } from '../../../model/json.ts'
import type { DeadLetterRow, DeadLettersView } from '../../protocol.ts'
import { ask } from '../api.ts'
import { useLive } from '../live.ts'
import { COMMANDS } from '../model/commands.ts'
import { countText } from '../model/words.ts'
import { ConfirmedButton } from './confirmed-button.tsx'
import { JsonView } from './json-view.tsx'
import { Page } from './page.tsx'
import { RevealButton, valuesShown } from './reveal.tsx'
import { Empty, Shown } from './states.tsx'
import { Moment, ProcessLink, Text } from './text.tsx'

/** Messages that no worker could serve. Each look counts as a delivery, so the page looks again only when it is asked to. */
export function DeadLetters() {
  const live = useLive('dead letters', (signal) => ask('deadLetters', {}, signal), { once: true })
  return (
    <Page title="Dead letters" command={COMMANDS.dlq}>
      <p class="pager">
        <button type="button" onClick={live.refresh}>
          Look again
        </button>
        <span class="dim">
          {live.at !== undefined && (
            <>
              As of <Moment at={live.at} />.
            </>
          )}
        </span>
      </p>
      <Shown live={live} what="dead letters">
        {(view) => <Letters view={view} changed={live.refresh} />}
      </Shown>
    </Page>
  )
}

function Letters({
  view: { letters, more },
  changed,
}: {
  readonly view: DeadLettersView
  readonly changed: () => void
}) {
  if (letters.length === 0)
    return (
      <Empty title="No dead letters">
        <p>Another look may hide some for up to five minutes.</p>
      </Empty>
    )
  return (
    <>
      <p>
        {more && 'The first '}
        {countText(letters.length, 'dead letter')}.
      </p>
      <ul class="groups letters" aria-label="Dead letters">
        {letters.map((letter) => (
          <Letter key={letter.messageId} letter={letter} changed={changed} />
        ))}
      </ul>
    </>
  )
}

function Letter({ letter, changed }: { readonly letter: DeadLetterRow; readonly changed: () => void }) {
  const { code, reason, id, type, sentAt, messageId } = letter
  return (
    <li class="group failed">
      <div class="group-head">
        <span class="badge failed">
          <Text of={code} code />
        </span>
        <span>
          {WHAT[type]}
          {id !== undefined && (
            <>
              {' '}
              <ProcessLink id={id} />
            </>
          )}
        </span>
        <span class="dim">
          sent <Moment at={sentAt} />
        </span>
      </div>
      <p>
        <Text of={reason} />
      </p>
      <details>
        <summary>Body</summary>
        <Body of={letter} />
      </details>
      <div class="actions" role="group" aria-label={`Actions for ${messageId}`}>
        <Change letter={letter} change="redrive" changed={changed} />
        <Change letter={letter} change="delete" changed={changed} />
        <span class="dim">
          Message <Text of={messageId} code />
        </span>
      </div>
    </li>
  )
}

const WHAT = {
  start: 'Start of',
  look: 'Wake-up for',
  unreadable: 'No message that this version reads',
} as const satisfies Record<DeadLetterRow['type'], string>

function Body({ of: { body, bodyLength } }: { readonly of: DeadLetterRow }) {
  if (!valuesShown()) return <RevealButton what="body" />
  return (
    <>
      <JsonView value={jsonOr(body)} name="the body" />
      {bodyLength > body.length && (
        <p class="dim">
          Its start, of {countText(bodyLength, 'character')}. leasehold dlq show has all of it.
        </p>
      )}
    </>
  )
}

/** What cannot be read is shown as a text: that may be why it is here. */
function jsonOr(text: string): Json {
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch {
    return text
  }
}

const CHANGES = {
  redrive: {
    verb: 'Redrive',
    says: 'The message goes back to the queue that it came from, and is deleted here. Mend its cause first: else it comes back. A message that is there twice changes nothing.',
    done: 'The message was sent back.',
    operation: 'redriveDeadLetter',
    command: COMMANDS.redrive,
  },
  delete: {
    verb: 'Delete',
    says: 'The message is deleted, and the work that it asks for is not done. This cannot be undone.',
    done: 'The message was deleted.',
    operation: 'deleteDeadLetter',
    command: COMMANDS.deleteLetter,
  },
} as const

function Change({
  letter: { messageId, id },
  change,
  changed,
}: {
  readonly letter: DeadLetterRow
  readonly change: keyof typeof CHANGES
  readonly changed: () => void
}) {
  const { verb, says, done, operation, command } = CHANGES[change]
  return (
    <ConfirmedButton
      verb={verb}
      name={id === undefined ? `message ${messageId}` : `the message for ${id}`}
      label={`${verb} the message`}
      says={says}
      danger={change === 'delete'}
      command={command(messageId)}
      run={async () => {
        await ask(operation, { messageId })
        return done
      }}
      changed={changed}
    />
  )
}

import type { ComponentChildren } from 'preact'
import type { RequestRefused } from '../api.ts'
import type { Live } from '../live.ts'
import { Text } from './text.tsx'

// What a screen shows when it has nothing to show.

export function Empty({
  title,
  children,
}: {
  readonly title: string
  readonly children?: ComponentChildren
}) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  )
}

/** Grey lines where text will be. Their words are for screen readers. */
export function Loading({ what, lines = 4 }: { readonly what: string; readonly lines?: number }) {
  return (
    <div class="loading" role="status">
      <span class="sr-only">Loading {what}</span>
      {Array.from({ length: lines }, (_, index) => (
        <span class={`bone w${(index * 3) % 4}`} />
      ))}
    </div>
  )
}

/** Titles and advice by the code or the status of a refusal. */
function explained({ code, status }: RequestRefused): readonly [title: string, advice: string] {
  if (code === 'session_refused')
    return ['This page is of an earlier session', 'Open the address that the command has printed last.']
  if (code === 'read_only')
    return ['The console is read-only', 'Start it with --write to change processes of this stack.']
  if (code === 'no_queues') return ['This target does not name its queues', 'Name the system by its stack.']
  if (code === 'unknown_dead_letter') return ['The dead letter is gone', 'Leave this, and look again.']
  if (code === 'queue_failed') return ['The queue cannot be read', 'Check the network, and try again.']
  if (code === 'older_stack')
    return ['This stack is too old for that', 'Deploy the stack with the version of this console.']
  if (code === 'console_gone') return ['The console has stopped', 'This page asks again by itself.']
  if (code === 'unreachable')
    return ['The stack cannot be reached', 'Check the network and the stack. This page asks again by itself.']
  if (status === 401) return ['The API does not know who asks', 'Check the credentials or the token.']
  if (status === 403) return ['Your credentials may not do this', 'Ask for the right that the message names.']
  if (status === 404) return ['Nothing is here', 'Check the id. A process may be of another stack or Region.']
  if (status === 410) return ['It is kept no longer', 'A process is removed when its retention has passed.']
  if (status === 429 || status === 503) return ['The store is busy', 'This page asks again by itself.']
  return ['That did not work', 'This page asks again by itself.']
}

export function Failure({ of, retry }: { readonly of: RequestRefused; readonly retry?: () => void }) {
  const [title, advice] = explained(of)
  return (
    <div class="failure" role="alert">
      <p class="empty-title">{title}</p>
      <p>
        <Text of={of.message} />
      </p>
      <p class="dim">
        {advice} <span class="code">{of.code}</span>
      </p>
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  )
}

/** A live value: its bones, its failure, or itself with a line if it could not be refreshed. */
export function Shown<Value>({
  live,
  what,
  children,
}: {
  readonly live: Live<Value>
  readonly what: string
  readonly children: (value: Value) => ComponentChildren
}) {
  const { value, failure, refresh } = live
  if (value === undefined)
    return failure === undefined ? <Loading what={what} /> : <Failure of={failure} retry={refresh} />
  return (
    <>
      {failure !== undefined && (
        <p class="stale" role="status">
          Not fresh: <Text of={failure.message} />
        </p>
      )}
      {children(value)}
    </>
  )
}

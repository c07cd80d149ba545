import { useState } from 'preact/hooks'
import type { ProcessView } from '../../../client/processes.ts'
import { awaitedSignals } from '../model/sentence-parts.ts'
import { actionsFor, type Action } from '../model/status.ts'
import { reportState } from '../model/sentence.ts'
import { clock, target } from '../state.ts'
import { CallbackDialog } from './callback-dialog.tsx'
import { RequestDialog } from './request-dialog.tsx'
import { SignalDialog } from './signal-dialog.tsx'

const ACTION_WORDS = {
  signal: 'Signal',
  answer: 'Answer',
  resume: 'Resume',
  cancel: 'Cancel',
  abandon: 'Abandon',
  retry: 'Retry',
} as const satisfies Record<Action, string>

/** What an operator can do with the process. */
export function Actions({ view, changed }: { readonly view: ProcessView; readonly changed: () => void }) {
  const waitsForSignal = awaitedSignals(view.wait).length > 0
  const actions = actionsFor(view.status, { recovery: view.recovery, waitsForSignal })
  // The card of the state has that button already. A signal may have another name than the one it waits for.
  const offered = reportState(view, clock.value).answer?.action
  const answered = offered === 'signal' ? undefined : offered
  const writes = target.value?.writes === true
  return (
    <div class="actions" role="group" aria-label="Actions">
      {actions
        .filter((action) => action !== answered)
        .map((action) => (
          <ActionButton key={action} action={action} view={view} changed={changed} />
        ))}
      {!writes && <span class="dim">Read-only: start the console with --write to act.</span>}
    </div>
  )
}

/** Opens the dialog of an action. Nothing is sent before that is confirmed. */
export function ActionButton({
  action,
  view,
  changed,
  primary = false,
  signal,
}: {
  readonly action: Action
  readonly view: ProcessView
  readonly changed: () => void
  readonly primary?: boolean
  /** The name of the signal to begin with. */
  readonly signal?: string
}) {
  const [open, setOpen] = useState(false)
  const name = signal ?? awaitedSignals(view.wait)[0] ?? ''
  const close = (): void => setOpen(false)
  return (
    <>
      <button
        type="button"
        class={primary ? 'primary' : action === 'abandon' || action === 'cancel' ? 'danger' : undefined}
        disabled={target.value?.writes !== true}
        onClick={() => setOpen(true)}
      >
        {primary && action === 'signal' ? 'Send the signal' : ACTION_WORDS[action]}
      </button>
      {open && action === 'signal' && (
        <SignalDialog view={view} name={name} close={close} changed={changed} />
      )}
      {open && action === 'answer' && <CallbackDialog close={close} changed={changed} />}
      {open && action !== 'signal' && action !== 'answer' && (
        <RequestDialog action={action} view={view} close={close} changed={changed} />
      )}
    </>
  )
}

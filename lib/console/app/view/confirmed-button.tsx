import { useState } from 'preact/hooks'
import type { Command } from '../model/commands.ts'
import { notice, target } from '../state.ts'
import { CliLine } from './cli-line.tsx'
import { Dialog } from './dialog.tsx'
import { useSending } from './sending.ts'
import { Failure } from './states.tsx'
import { DialogFoot } from './text-field.tsx'
import { Text } from './text.tsx'

/** A button that asks before it acts. A refusal stays in its dialog, and the rest of the page as it was. */
export function ConfirmedButton(of: {
  readonly verb: string
  /** What it acts on: `the slot of order-7`. */
  readonly name: string
  /** What the button of the dialog says. */
  readonly label: string
  readonly says: string
  readonly danger: boolean
  readonly command: Command
  /** Acts. Returns what to report. */
  readonly run: () => Promise<string>
  readonly changed: () => void
}) {
  const { verb, name, label, says, danger, command, run, changed } = of
  const [open, setOpen] = useState(false)
  const close = (): void => setOpen(false)
  const { sending, failure, send } = useSending(async () => {
    const text = await run()
    close()
    notice.value = { text }
    changed()
  })
  const submit = (event: Event): void => {
    event.preventDefault()
    void send()
  }
  return (
    <>
      <button
        type="button"
        class={danger ? 'danger' : undefined}
        disabled={target.value?.writes !== true}
        onClick={() => setOpen(true)}
      >
        {verb}
        <span class="sr-only">
          {' '}
          <Text of={name} />
        </span>
      </button>
      {open && (
        <Dialog title={`${verb} ${name}?`} close={close}>
          <form onSubmit={submit}>
            <p>{says}</p>
            {failure !== undefined && <Failure of={failure} />}
            <CliLine command={command} />
            <DialogFoot close={close} label={label} sending={sending} disabled={false} danger={danger} />
          </form>
        </Dialog>
      )}
    </>
  )
}

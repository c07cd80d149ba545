import { useState } from 'preact/hooks'
import { ask } from '../api.ts'
import { COMMANDS } from '../model/commands.ts'
import { readJson } from '../model/schema-form.ts'
import { notice } from '../state.ts'
import { CliLine } from './cli-line.tsx'
import { Dialog } from './dialog.tsx'
import { JsonField } from './json-field.tsx'
import { Failure } from './states.tsx'
import { useSending } from './sending.ts'
import { DialogFoot, TextField } from './text-field.tsx'

/** Answers a callback for the system that has its token. The token is the proof of the right, so no command shows it. */
export function CallbackDialog({
  close,
  changed,
}: {
  readonly close: () => void
  readonly changed: () => void
}) {
  const [token, setToken] = useState('')
  const [fails, setFails] = useState(false)
  const [text, setText] = useState('null')
  const [message, setMessage] = useState('')
  const { value, flaw } = readJson(text)
  const { sending, failure, send } = useSending(async () => {
    const { fresh } = fails
      ? await ask('callbackFail', { token, message })
      : await ask('callbackComplete', { token, value: value ?? null })
    close()
    notice.value = { text: fresh ? 'The callback was answered.' : 'It had this answer before.' }
    changed()
  })
  const ready = token !== '' && (fails ? message !== '' : flaw === undefined)
  const submit = (event: Event): void => {
    event.preventDefault()
    if (ready) void send()
  }
  return (
    <Dialog title="Answer a callback" close={close}>
      <form onSubmit={submit}>
        <TextField label="Token" required value={token} change={(typed) => setToken(typed.trim())} />
        <label class="check">
          <input
            type="checkbox"
            checked={fails}
            onChange={(event) => setFails(event.currentTarget.checked)}
          />
          The work has failed
        </label>
        {fails ? (
          <TextField label="What went wrong" required value={message} change={setMessage} />
        ) : (
          <JsonField label="Value, as JSON" text={text} flaw={flaw} change={setText} />
        )}
        {failure !== undefined && <Failure of={failure} />}
        <CliLine command={fails ? COMMANDS.refuse(message) : COMMANDS.answer(text)} />
        <DialogFoot close={close} label="Answer the callback" sending={sending} disabled={!ready} />
      </form>
    </Dialog>
  )
}

import { useState } from 'preact/hooks'
import type { ProcessView } from '../../../client/processes.ts'
import { ask } from '../api.ts'
import { newKey } from '../browser.ts'
import { COMMANDS } from '../model/commands.ts'
import { readJson } from '../model/schema-form.ts'
import { awaitedSignals } from '../model/sentence-parts.ts'
import { notice } from '../state.ts'
import { CliLine } from './cli-line.tsx'
import { JsonField } from './json-field.tsx'
import { Dialog } from './dialog.tsx'
import { Failure } from './states.tsx'
import { useSending } from './sending.ts'
import { DialogFoot, TextField } from './text-field.tsx'

/** A signal with its payload as JSON. A second try of the same dialog has the same key, so it counts once. */
export function SignalDialog({
  view,
  name: given,
  close,
  changed,
}: {
  readonly view: ProcessView
  readonly name: string
  readonly close: () => void
  readonly changed: () => void
}) {
  const { id, wait } = view
  const [name, setName] = useState(given)
  const [payload, setPayload] = useState('null')
  const [key, setKey] = useState(newKey)
  const { value, flaw } = readJson(payload)
  const awaited = awaitedSignals(wait)
  const { sending, failure, send } = useSending(async () => {
    const { fresh } = await ask('signal', { id, name, key, payload: value ?? null })
    close()
    notice.value = { text: fresh ? 'The signal was sent.' : 'A signal with this key was there before.' }
    changed()
  })
  const submit = (event: Event): void => {
    event.preventDefault()
    if (flaw === undefined && name !== '') void send()
  }
  return (
    <Dialog title={`Send a signal to ${id}`} close={close}>
      <form onSubmit={submit}>
        <TextField label="Name" required value={name} list="awaited" change={setName} />
        <datalist id="awaited">
          {awaited.map((each) => (
            <option value={each} />
          ))}
        </datalist>
        {name !== '' && awaited.length > 0 && !awaited.includes(name) && (
          <p class="flaw">It does not wait for a signal of this name now.</p>
        )}
        <JsonField label="Payload, as JSON" text={payload} flaw={flaw} change={setPayload} />
        <TextField label="Key: a signal with the same key counts once" required value={key} change={setKey} />
        {failure !== undefined && <Failure of={failure} />}
        <CliLine command={COMMANDS.signal(id, name, payload)} />
        <DialogFoot
          close={close}
          label={`Send ${name === '' ? 'the signal' : name}`}
          sending={sending}
          disabled={flaw !== undefined || name === ''}
        />
      </form>
    </Dialog>
  )
}

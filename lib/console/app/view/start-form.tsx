import { useMemo, useState } from 'preact/hooks'
import type { KindView } from '../../../client/kinds.ts'
import type { Json } from '../../../model/json.ts'
import { ask } from '../api.ts'
import { newKey } from '../browser.ts'
import { COMMANDS } from '../model/commands.ts'
import { processPath } from '../model/route.ts'
import { fieldsOf, filledForm, readJson, type Filled } from '../model/schema-form.ts'
import { go } from '../router.ts'
import { notice, target } from '../state.ts'
import { CliLine } from './cli-line.tsx'
import { FieldInput } from './field-input.tsx'
import { JsonField } from './json-field.tsx'
import { Failure } from './states.tsx'
import { useSending } from './sending.ts'

type Typed = ReadonlyMap<string, string>

/** A form from the schema of the input, or a text field of JSON where the schema says no more. */
export function StartForm({ view }: { readonly view: KindView }) {
  const { kind, input: schema } = view
  const fields = useMemo(() => fieldsOf(schema), [schema])
  const [id, setId] = useState(() => `${kind}-${newKey().slice(0, 8)}`)
  const [typed, setTyped] = useState<Typed>(new Map())
  const [json, setJson] = useState<string | undefined>(fields === undefined ? 'null' : undefined)
  const [tried, setTried] = useState(false)
  const filled = json === undefined ? filledForm(fields ?? [], typed) : filledJson(json)
  const flaws = filled.ok || !tried ? [] : filled.flaws
  const { sending, failure, send } = useSending(async () => {
    if (!filled.ok) return
    await ask('start', { kind, id, input: filled.value })
    notice.value = { text: 'The process has started.' }
    go(processPath(id))
  })
  const submit = (event: Event): void => {
    event.preventDefault()
    setTried(true)
    if (filled.ok && id !== '') void send()
  }
  const flawOf = (label: string): string | undefined => flaws.find((flaw) => flaw.label === label)?.message
  return (
    <form class="start-form" onSubmit={submit} noValidate>
      <label>
        Id: the same start again starts nothing
        <input
          type="text"
          required
          value={id}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setId(event.currentTarget.value.trim())}
        />
      </label>
      {json === undefined ? (
        (fields ?? []).map((field) => (
          <FieldInput
            key={field.label}
            field={field}
            text={typed.get(field.label) ?? ''}
            flaw={flawOf(field.label)}
            change={(text) => setTyped(new Map(typed).set(field.label, text))}
          />
        ))
      ) : (
        <JsonField label="Input, as JSON" text={json} flaw={flawOf('input')} change={setJson} />
      )}
      {fields !== undefined && (
        <button
          type="button"
          class="quiet"
          onClick={() => setJson(json === undefined ? jsonText(filled) : undefined)}
        >
          {json === undefined ? 'Type JSON instead' : 'Use the form instead'}
        </button>
      )}
      {failure !== undefined && <Failure of={failure} />}
      <CliLine command={COMMANDS.start(kind, id, filled.ok ? JSON.stringify(filled.value) : '…')} />
      <button type="submit" class="primary" disabled={sending || target.value?.writes !== true}>
        {sending ? 'Starting…' : `Start ${kind}`}
      </button>
      {target.value?.writes !== true && <p class="dim">Read-only: start the console with --write to act.</p>}
    </form>
  )
}

function filledJson(text: string): Filled {
  const { value, flaw } = readJson(text)
  return flaw === undefined
    ? { ok: true, value: value ?? null }
    : { ok: false, flaws: [{ label: 'input', message: flaw }] }
}

function jsonText(filled: Filled): string {
  const value: Json = filled.ok ? filled.value : {}
  return JSON.stringify(value, null, 2)
}

import { useId } from 'preact/hooks'
import type { Field } from '../model/schema-form.ts'
import { Text } from './text.tsx'

type Props = {
  readonly field: Field
  readonly text: string
  readonly flaw: string | undefined
  readonly change: (text: string) => void
}

/** One field of a form that was made from a schema. */
export function FieldInput({ field, text, flaw, change }: Props) {
  const id = useId()
  const { label, required, about } = field
  const described = { id, 'aria-invalid': flaw !== undefined, 'aria-describedby': `${id}-about` }
  return (
    <div class="field">
      <label for={id}>
        <Text of={label} />{' '}
        <span class="dim">{required ? typeWord(field) : `${typeWord(field)}, optional`}</span>
      </label>
      <Control field={field} text={text} change={change} described={described} />
      <p id={`${id}-about`} class={flaw === undefined ? 'dim' : 'flaw'}>
        {flaw === undefined ? about !== undefined && <Text of={about} /> : `It ${flaw}.`}
      </p>
    </div>
  )
}

function typeWord(field: Field): string {
  switch (field.type) {
    case 'text':
      return field.format ?? 'text'
    case 'number':
      return field.whole ? 'whole number' : 'number'
    case 'flag':
      return 'yes or no'
    case 'choice':
      return 'one of'
    case 'json':
      return 'JSON'
  }
}

function Control({
  field,
  text,
  change,
  described,
}: Pick<Props, 'field' | 'text' | 'change'> & {
  readonly described: {
    readonly id: string
    readonly 'aria-invalid': boolean
    readonly 'aria-describedby': string
  }
}) {
  const onInput = (event: { readonly currentTarget: { readonly value: string } }): void =>
    change(event.currentTarget.value)
  switch (field.type) {
    case 'text':
      return field.long ? (
        <textarea {...described} rows={4} value={text} onInput={onInput} />
      ) : (
        <input {...described} type="text" value={text} onInput={onInput} />
      )
    case 'number':
      return <input {...described} type="text" inputMode="decimal" value={text} onInput={onInput} />
    case 'flag':
      return (
        <select {...described} value={text} onChange={onInput}>
          {!field.required && <option value="">left out</option>}
          <option value={field.required ? '' : 'false'}>no</option>
          <option value="true">yes</option>
        </select>
      )
    case 'choice':
      return (
        <select {...described} value={text} onChange={onInput}>
          <option value="">{field.required ? 'choose' : 'left out'}</option>
          {field.options.map((option) => (
            <option value={JSON.stringify(option)}>
              {typeof option === 'string' ? option : JSON.stringify(option)}
            </option>
          ))}
        </select>
      )
    case 'json':
      return <textarea {...described} rows={3} value={text} spellcheck={false} onInput={onInput} />
  }
}

import { useId } from 'preact/hooks'

/** A field for a value as JSON, and what is wrong with it. */
export function JsonField(of: {
  readonly label: string
  readonly text: string
  readonly flaw: string | undefined
  readonly change: (text: string) => void
}) {
  const { label, text, flaw, change } = of
  const id = useId()
  return (
    <>
      <label>
        {label}
        <textarea
          rows={6}
          value={text}
          spellcheck={false}
          aria-invalid={flaw !== undefined}
          aria-describedby={id}
          onInput={(event) => change(event.currentTarget.value)}
        />
      </label>
      <p class="flaw" id={id}>
        {flaw === undefined ? '' : `It ${flaw}`}
      </p>
    </>
  )
}

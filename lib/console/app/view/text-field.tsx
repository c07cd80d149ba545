import type { ComponentChildren } from 'preact'

/** A text field of one line, with its label. */
export function TextField(of: {
  readonly label: ComponentChildren
  readonly value: string
  readonly change: (text: string) => void
  readonly placeholder?: string
  readonly required?: boolean
  readonly maxLength?: number
  readonly list?: string
}) {
  const { label, value, change, ...rest } = of
  return (
    <label>
      <span>{label}</span>
      <input
        {...rest}
        type="text"
        value={value}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </label>
  )
}

/** The two ways out of a dialog. */
export function DialogFoot(of: {
  readonly close: () => void
  readonly label: string
  readonly sending: boolean
  readonly disabled: boolean
  readonly danger?: boolean
}) {
  const { close, label, sending, disabled, danger = false } = of
  return (
    <div class="dialog-foot">
      <button type="button" onClick={close}>
        Leave it
      </button>
      <button type="submit" class={danger ? 'primary danger' : 'primary'} disabled={sending || disabled}>
        {sending ? 'Sending…' : label}
      </button>
    </div>
  )
}

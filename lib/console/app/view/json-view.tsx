import { useState } from 'preact/hooks'
import type { Json } from '../../../model/json.ts'
import { countText } from '../model/words.ts'
import { CopyButton, Text } from './text.tsx'

/** Parts of a value that are drawn at once, so that a value of 350 KB does not stall the page. */
const ITEMS = 100
const CHARACTERS = 2_000
const OPEN_DEPTH = 2

/** A value as a tree of text. Deep and long parts open when they are asked for. */
export function JsonView({ value, name }: { readonly value: Json; readonly name: string }) {
  return (
    <div class="json" role="group" aria-label={name}>
      <CopyButton text={JSON.stringify(value, null, 2)} label={`Copy ${name} as JSON`} />
      <Value value={value} depth={0} />
    </div>
  )
}

function Value({ value, depth }: { readonly value: Json; readonly depth: number }) {
  if (value === null) return <span class="j-word">null</span>
  if (typeof value === 'string') return <StringValue text={value} />
  if (typeof value === 'number') return <span class="j-number">{String(value)}</span>
  if (typeof value === 'boolean') return <span class="j-word">{String(value)}</span>
  return <Container value={value} depth={depth} />
}

function StringValue({ text }: { readonly text: string }) {
  const [whole, setWhole] = useState(false)
  const cut = !whole && text.length > CHARACTERS
  return (
    <span class="j-string">
      "<Text of={cut ? text.slice(0, CHARACTERS).toWellFormed() : text} />"
      {cut && (
        <button type="button" class="quiet" onClick={() => setWhole(true)}>
          {countText(text.length - CHARACTERS, 'more character')}
        </button>
      )}
    </span>
  )
}

function Container({ value, depth }: { readonly value: Extract<Json, object>; readonly depth: number }) {
  const isList = Array.isArray(value)
  const items: readonly (readonly [string | undefined, Json])[] = isList
    ? value.map((item) => [undefined, item])
    : Object.entries(value)
  const [open, setOpen] = useState(depth < OPEN_DEPTH)
  const [shown, setShown] = useState(ITEMS)
  const [before, behind] = isList ? ['[', ']'] : ['{', '}']
  if (items.length === 0)
    return (
      <span>
        {before}
        {behind}
      </span>
    )
  const count = isList ? countText(items.length, 'item') : countText(items.length, 'field')
  return (
    <details class="j-part" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {before} <span class="dim">{count}</span> {!open && behind}
      </summary>
      {open && (
        <ul>
          {items.slice(0, shown).map(([key, item]) => (
            <li>
              {key !== undefined && (
                <span class="j-key">
                  <Text of={key} />:{' '}
                </span>
              )}
              <Value value={item} depth={depth + 1} />
            </li>
          ))}
          {items.length > shown && (
            <li>
              <button type="button" class="quiet" onClick={() => setShown(shown + ITEMS * 5)}>
                {`${(items.length - shown).toLocaleString('en')} more`}
              </button>
            </li>
          )}
        </ul>
      )}
      {open && behind}
    </details>
  )
}

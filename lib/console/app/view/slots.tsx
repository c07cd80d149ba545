import { useRef } from 'preact/hooks'
import type { SlotsView } from '../../../client/slots.ts'
import { ask } from '../api.ts'
import { useLive } from '../live.ts'
import { COMMANDS } from '../model/commands.ts'
import { slotPath } from '../model/route.ts'
import { countText } from '../model/words.ts'
import { go } from '../router.ts'
import { ConfirmedButton } from './confirmed-button.tsx'
import { Page, Section } from './page.tsx'
import { Empty, Shown } from './states.tsx'
import { StatusBadge } from './status-badge.tsx'
import { ProcessLink } from './text.tsx'

/** Holders that are shown with their status: each costs a read. */
const HOLDERS_SHOWN = 20

/** Who holds the slots of a concurrency key, and who waits for one. */
export function Slots({ slot }: { readonly slot: string }) {
  if (slot === '') return <ChooseKey />
  return <SlotsOf slot={slot} />
}

function ChooseKey() {
  const field = useRef<HTMLInputElement>(null)
  const submit = (event: Event): void => {
    event.preventDefault()
    const key = field.current?.value ?? ''
    if (key !== '') go(slotPath(key))
  }
  return (
    <Page title="Slots">
      <p class="dim">
        At most so many processes of one concurrency key run at a time. The others wait for a slot.
      </p>
      <form class="filters" onSubmit={submit}>
        <label>
          Concurrency key
          <input ref={field} type="text" required autocomplete="off" spellcheck={false} />
        </label>
        <button type="submit">Show its slots</button>
      </form>
    </Page>
  )
}

function SlotsOf({ slot }: { readonly slot: string }) {
  const live = useLive(`slots ${slot}`, (signal) => ask('slots', { key: slot }, signal))
  return (
    <Page title={slot} over={<a href="/slots">Slots</a>} command={COMMANDS.slots(slot)}>
      <Shown live={live} what="slots">
        {(view) =>
          view.limit === 0 ? (
            <Empty title="No process has asked for a slot of this key" />
          ) : (
            <Places view={view} changed={live.refresh} />
          )
        }
      </Shown>
    </Page>
  )
}

function Places({ view, changed }: { readonly view: SlotsView; readonly changed: () => void }) {
  const { key, limit, holders, queue, waiting } = view
  return (
    <>
      <Section title="Held by">
        <p>
          {holders.length} of {countText(limit, 'slot')} taken.
        </p>
        <ul class="tree">
          {holders.slice(0, HOLDERS_SHOWN).map((id) => (
            <li class="child" key={id}>
              <HolderStatus id={id} />
              <ProcessLink id={id} />
              <Release slot={key} id={id} changed={changed} />
            </li>
          ))}
        </ul>
        {holders.length > HOLDERS_SHOWN && <p class="dim">and {holders.length - HOLDERS_SHOWN} more</p>}
      </Section>
      <Section title="Waiting, the next one first">
        {waiting === 0 ? (
          <p class="dim">No process waits.</p>
        ) : (
          <ol class="tree">
            {queue.map((id) => (
              <li class="child" key={id}>
                <ProcessLink id={id} />
              </li>
            ))}
          </ol>
        )}
        {waiting > queue.length && (
          <p class="dim">and {(waiting - queue.length).toLocaleString('en')} more</p>
        )}
      </Section>
    </>
  )
}

/** A holder that has ended, or that is gone, has left its slot behind. */
function HolderStatus({ id }: { readonly id: string }) {
  const { value, failure } = useLive(`process ${id}`, (signal) => ask('show', { id }, signal), { once: true })
  if (value !== undefined) return <StatusBadge status={value.status} />
  return failure === undefined ? null : (
    <span class="tag warn">{failure.status === 410 || failure.status === 404 ? 'gone' : 'unknown'}</span>
  )
}

function Release(of: { readonly slot: string; readonly id: string; readonly changed: () => void }) {
  const { slot, id, changed } = of
  return (
    <ConfirmedButton
      verb="Release"
      name={`the slot of ${id}`}
      label="Release the slot"
      says="Gives back a slot that an ended process has left behind. It is refused while the process is open."
      danger
      command={COMMANDS.release(slot, id)}
      run={async () => {
        const { released, woken } = await ask('releaseSlot', { key: slot, id })
        const next =
          woken.length === 0 ? '' : ` ${countText(woken.length, 'process', 'processes')} can continue.`
        return released ? `The slot is free.${next}` : 'It held no slot any more.'
      }}
      changed={changed}
    />
  )
}

import type { Payload } from '../../../model/log.ts'
import { payloadPreview } from '../model/entry-text.ts'
import { revealed, target } from '../state.ts'
import { Text } from './text.tsx'

/** Whether values may be seen now: always on a local stack, else after a person asked. */
export function valuesShown(): boolean {
  return revealed.value || target.value?.valuesHidden === false
}

/** A value on one line, or that there is one. */
export function ValuePreview({ payload, shown }: { readonly payload: Payload; readonly shown: boolean }) {
  if (!shown && !valuesShown()) return <span class="dim">value hidden</span>
  return (
    <span class="dim">
      <Text of={payloadPreview(payload)} code />
    </span>
  )
}

/** Offers to show values where the target hides them. */
export function RevealButton({ what }: { readonly what: string }) {
  return (
    <p class="hidden-value">
      <span class="dim">The {what} is hidden.</span>{' '}
      <button type="button" onClick={() => (revealed.value = true)}>
        Reveal values
      </button>
    </p>
  )
}

import type { Command } from '../model/commands.ts'
import { target } from '../state.ts'
import { CopyButton, Text } from './text.tsx'

/** The command that gives the same as the view. */
export function CliLine({ command }: { readonly command: Command }) {
  const text = command(target.value?.options ?? '')
  return (
    <p class="cli">
      <span class="sr-only">The same in a terminal: </span>
      <code>
        <span class="prompt" aria-hidden="true">
          ${' '}
        </span>
        <Text of={text} />
      </code>
      <CopyButton text={text} label="Copy the command" />
    </p>
  )
}

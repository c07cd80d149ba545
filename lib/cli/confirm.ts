import type { CommonValues } from './common.ts'
import { UsageError } from './errors.ts'
import type { Terminal } from './terminal.ts'

/** Whether to do it. Throws `UsageError` when no person is there to be asked. */
export async function confirmed(
  question: string,
  common: Pick<CommonValues, 'yes'>,
  terminal: Terminal,
): Promise<boolean> {
  if (common.yes === true) return true
  if (!terminal.isInteractive) throw new UsageError(`${question} No terminal is there to ask: add --yes`)
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: question, initialValue: false, output: process.stderr })
  return !isCancel(answer) && answer
}

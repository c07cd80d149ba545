import type { RootCommand } from '@bomb.sh/tab'
import type { Command } from 'commander'
import type { CommandRun } from '../command.ts'
import { UsageError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { programOf, PROGRAM } from '../read.ts'
import { SHELLS, type COMPLETION } from '../specs/completion.ts'

export const completion: CommandRun<typeof COMPLETION> = async ({ args }) => {
  const shell = SHELLS.find((each) => each === args.shell)
  if (shell === undefined) throw new UsageError(`expected ${SHELLS.join(', ')}, got ${args.shell}`)
  const tab = await tabOf()
  tab.setup(PROGRAM, PROGRAM, shell)
  return EXIT.ok
}

/** What a shell asks while a person types: `leasehold complete -- list --ki`. */
export async function complete(words: readonly string[]): Promise<number> {
  const tab = await tabOf()
  tab.parse([...words])
  return EXIT.ok
}

async function tabOf(): Promise<RootCommand> {
  const { TABLE } = await import('../table.ts')
  const { default: create } = await import('@bomb.sh/tab/commander')
  const program: Command = programOf(TABLE, '', () => undefined)
  return create(program, { completionCommandName: 'completion-of-tab' })
}

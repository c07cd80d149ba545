import type { CommandInput } from '../../lib/cli/command.ts'
import { readCommandLine } from '../../lib/cli/read.ts'
import type { Spec } from '../../lib/cli/spec.ts'
import { TABLE } from '../../lib/cli/table.ts'

/** What a command gets of a line that a person typed. */
export async function typed<Any extends Spec>(spec: Any, line: string): Promise<CommandInput<Any>> {
  const words = line.split(' ').filter((word) => word !== '')
  const read = await readCommandLine(TABLE, [...spec.name.split(' '), ...words], { version: '0' })
  if (read.do === 'run') return read.asked as CommandInput<Any>
  throw new Error(`not a command but a text: ${read.text}`)
}

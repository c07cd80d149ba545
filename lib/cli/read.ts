import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { COLOUR, COMMON, HEADINGS, type CommonValues } from './common.ts'
import type { CommandInput, CommandEntry } from './command.ts'
import { UsageError } from './errors.ts'
import type { OptionSpec, Spec } from './spec.ts'

export const PROGRAM = 'leasehold'

/** What a command line asks for: a command to run, or a text to print. */
export type ReadLine =
  | { readonly do: 'run'; readonly entry: CommandEntry; readonly asked: CommandInput<Spec> }
  | { readonly do: 'print'; readonly text: string }

/** Reads a command line by the table. Throws `UsageError`, which names what is wrong and the help to look at. */
export async function readCommandLine(
  table: readonly CommandEntry[],
  argv: readonly string[],
  about: { readonly version: string; readonly columns?: number },
): Promise<ReadLine> {
  let printed = ''
  let found: ReadLine | undefined
  const program = programOf(table, about.version, (entry, asked) => {
    found = { do: 'run', entry, asked }
  })
  forEachCommand(program, (command) => {
    command.exitOverride()
    command.configureOutput({
      writeOut: (text) => (printed += text),
      writeErr: (text) => (printed += text),
      outputError: () => undefined,
      getOutHelpWidth: () => about.columns ?? 100,
      getErrHelpWidth: () => about.columns ?? 100,
    })
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0 && error.code !== 'commander.help')
      throw new UsageError(`${error.message.replace(/^error: /u, '')}\n${helpOf(table, argv)} tells more.`)
  }
  return found ?? { do: 'print', text: printed }
}

/** The table as a program of commander. `ran` gets what was read. */
export function programOf(
  table: readonly CommandEntry[],
  version: string,
  ran: (entry: CommandEntry, asked: CommandInput<Spec>) => void,
): Command {
  const program = new Command(PROGRAM)
    .description('Durable background processes on your own AWS account.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand(false)
    .addHelpText('after', `\n${PROGRAM} <command> --help tells more.`)
  const groups = new Map<string, Command>()
  for (const entry of table) {
    const words = entry.spec.name.split(' ')
    const [first = '', second] = words
    if (second === undefined) {
      program.addCommand(commandOf(first, entry, ran))
      continue
    }
    const group =
      groups.get(first) ?? new Command(first).helpOption('-h, --help', 'print this').helpCommand(false)
    if (!groups.has(first)) program.addCommand(group)
    groups.set(first, group)
    group.addCommand(commandOf(second, entry, ran))
    group.description(
      `${group.commands.map((each) => each.name()).join(', ')}: see ${PROGRAM} ${first} --help`,
    )
  }
  return program
}

function commandOf(
  name: string,
  entry: CommandEntry,
  ran: (entry: CommandEntry, asked: CommandInput<Spec>) => void,
): Command {
  const { summary, more = [], args, options, takes, examples = [] } = entry.spec
  const command = new Command(name)
    .summary(summary)
    .description([summary, ...more].join('\n\n'))
    .helpOption('-h, --help', 'print this')
    .allowExcessArguments(false)
  for (const [name, { about, optional, many }] of Object.entries(args)) {
    const typed = `${name.toUpperCase()}${many === true ? '...' : ''}`
    command.addArgument(new Argument(optional === true ? `[${typed}]` : `<${typed}>`, about))
  }
  const own = addOptions(command, options)
  const common = takes.map((each) => addOptions(command, COMMON[each], HEADINGS[each]))
  common.push(addOptions(command, COLOUR, HEADINGS.json))
  if (examples.length > 0)
    command.addHelpText(
      'after',
      `\nExamples:\n${examples.map(([line, does]) => `  ${PROGRAM} ${line}\n      ${does}`).join('\n')}`,
    )
  const names = Object.keys(args)
  command.action((...typed: readonly unknown[]) => {
    ran(entry, {
      args: Object.fromEntries(
        names.map((name, index) => [name, typed[index]]),
      ) as CommandInput<Spec>['args'],
      values: valuesOf(command, own),
      common: Object.assign({}, ...common.map((options) => valuesOf(command, options))) as CommonValues,
    })
  })
  return command
}

type AddedOptions = readonly (readonly [name: string, option: Option])[]

function addOptions(command: Command, options: Spec['options'], heading?: string): AddedOptions {
  return Object.entries(options).map(([name, spec]) => {
    const option = optionOf(name, spec)
    if (heading !== undefined) option.helpGroup(heading)
    command.addOption(option)
    return [name, option] as const
  })
}

function optionOf(name: string, { about, short, value }: OptionSpec): Option {
  const flags = `${short === undefined ? '' : `-${short}, `}--${name}`
  if (value === undefined) return new Option(flags, about)
  const option = new Option(`${flags} <${value.name}>`, about)
  if (value.choices !== undefined) option.choices(value.choices)
  return option.argParser((typed: string, before: unknown) => {
    if (before !== undefined) throw new InvalidArgumentError('It is given twice: which one counts?')
    try {
      return value.read(typed)
    } catch (error) {
      if (error instanceof UsageError) throw new InvalidArgumentError(error.message)
      throw error
    }
  })
}

function valuesOf(command: Command, added: AddedOptions): Record<string, never> {
  const typed = command.opts<Record<string, unknown>>()
  return Object.fromEntries(
    added.flatMap(([name, option]) => {
      const value = typed[option.attributeName()]
      if (option.negate) return value === false ? [[name, true]] : []
      return value === undefined ? [] : [[name, value]]
    }),
  ) as Record<string, never>
}

/** The help of the command that the line names, as far as it names one. */
function helpOf(table: readonly CommandEntry[], argv: readonly string[]): string {
  const names = table.map(({ spec }) => spec.name)
  const [first = '', second = ''] = argv
  const named = names.includes(`${first} ${second}`)
    ? ` ${first} ${second}`
    : names.some((name) => name.split(' ')[0] === first)
      ? ` ${first}`
      : ''
  return `${PROGRAM}${named} --help`
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command)
  for (const each of command.commands) forEachCommand(each, visit)
}

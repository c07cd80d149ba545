import { COLOUR, COMMON, HEADINGS } from './common.ts'
import type { CommandEntry } from './command.ts'
import { EXIT } from './exit.ts'
import type { OptionSpec, Spec } from './spec.ts'

// docs/cli.md, made of the table.

const EXITS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'The command did what was asked.',
  failed: 'It failed: the network, the API or a fault.',
  usage: 'The command line cannot be used, or it names no target.',
  unknown: 'No process has the id, or it is no longer kept.',
  rights: 'There are no credentials, or they do not allow it.',
  refused: 'The state of the process does not allow it, for example because it has ended.',
  timeout: 'The time of --timeout has passed.',
  partly: 'A part of many was done.',
  problems: 'A check found problems.',
  endedFailed: 'The process that was waited for has failed.',
  endedCancelled: 'The process that was waited for was cancelled.',
  endedAbandoned: 'The process that was waited for was abandoned.',
  interrupted: 'Ctrl-C ended the command.',
}

export function pageOf(table: readonly CommandEntry[], intro: string): string {
  const common = (Object.keys(COMMON) as (keyof typeof COMMON)[]).map((each) =>
    [`### ${HEADINGS[each].replace(':', '')}`, '', optionsTable(COMMON[each])].join('\n'),
  )
  return [
    intro.trim(),
    '## Commands',
    ['| command | does |', '| --- | --- |', ...table.map(({ spec }) => commandRow(spec))].join('\n'),
    '## Exit codes',
    [
      '| code | meaning |',
      '| --- | --- |',
      ...Object.entries(EXIT).map(([name, code]) => `| ${code} | ${EXITS[name as keyof typeof EXIT]} |`),
    ].join('\n'),
    '## Options of many commands',
    'Each command lists below which of these groups it takes.',
    ...common,
    optionsTable(COLOUR),
    '## Each command',
    ...table.map(({ spec }) => sectionOf(spec)),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/u, '\n')
}

function commandRow({ name, summary }: Spec): string {
  return `| [\`${name}\`](#${anchorOf(name)}) | ${cell(summary)} |`
}

function sectionOf({ name, summary, more = [], args, options, takes, examples = [] }: Spec): string {
  const usage = [
    `leasehold ${name}`,
    ...(Object.keys(options).length + takes.length > 0 ? ['[options]'] : []),
    ...Object.entries(args).map(([arg, { optional, many }]) => {
      const word = `${arg.toUpperCase()}${many === true ? '...' : ''}`
      return optional === true ? `[${word}]` : word
    }),
  ].join(' ')
  const groups = takes.map((each) => HEADINGS[each].replace(':', '')).join(', ')
  return [
    `### ${name}`,
    summary,
    ...more,
    `\`\`\`\n${usage}\n\`\`\``,
    ...Object.entries(args).map(([arg, { about }]) => `\`${arg.toUpperCase()}\`: ${about}.`),
    ...(Object.keys(options).length === 0 ? [] : [optionsTable(options)]),
    ...(groups === '' ? [] : [`Groups: ${groups}.`]),
    ...examples.map(([line, does]) => `\`leasehold ${line}\`: ${does}.`),
  ].join('\n\n')
}

function optionsTable(options: Readonly<Record<string, OptionSpec>>): string {
  const rows = Object.entries(options).map(([name, { about, short, value }]) => {
    const flags = `${short === undefined ? '' : `-${short}, `}--${name}`
    const typed = value === undefined ? flags : `${flags} ${value.name}`
    const choices = value?.choices === undefined ? '' : ` (${value.choices.join(', ')})`
    return `| \`${typed}\` | ${cell(`${about}${choices}`)} |`
  })
  return ['| option | meaning |', '| --- | --- |', ...rows].join('\n')
}

function anchorOf(name: string): string {
  return name.replaceAll(' ', '-')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

import type { ConsoleTarget } from '../console/protocol.ts'
import type { Target } from './target.ts'

/** A target as the console's page names it, and what the console may do there. */
export function consoleTargetOf(
  target: Target,
  {
    write,
    versions,
    region,
  }: {
    /** Whether a person said that a deployed stack may be changed. */
    readonly write: boolean
    readonly versions: ConsoleTarget['versions']
    /** Where the stack is, if it was asked. */
    readonly region?: string
  },
): ConsoleTarget {
  const isLocal = target.kind === 'local'
  const place = region ?? (target.kind === 'local' ? undefined : target.region)
  return {
    name: nameOf(target),
    kind: isLocal ? 'local' : 'deployed',
    ...(place === undefined ? {} : { region: place }),
    writes: isLocal || write,
    valuesHidden: !isLocal,
    options: optionsOf(target),
    versions,
  }
}

function nameOf(target: Target): string {
  if (target.kind === 'local') return 'local stack'
  return target.kind === 'stack' ? `stack ${target.stack}` : `API at ${target.url}`
}

function optionsOf(target: Target): string {
  if (target.kind === 'local') return '--local'
  const { region, profile } = target
  return [
    target.kind === 'stack' ? `--stack ${quoted(target.stack)}` : `--api ${quoted(target.url)}`,
    ...(region === undefined ? [] : [`--region ${quoted(region)}`]),
    ...(profile === undefined ? [] : [`--profile ${quoted(profile)}`]),
  ].join(' ')
}

/** For a shell: the page shows commands to copy. */
function quoted(word: string): string {
  return /^[\w.:/@-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

import type { WaitsView, WaitView } from '../client/waits.ts'
import type { Terminal } from './terminal.ts'

/** Each wait of a process with its times, and below it how to answer it. */
export function waitLines({ id, waits, more }: WaitsView, at: Terminal['at']): string[] {
  const lines = waits.flatMap((wait) => [
    [
      waitText(wait),
      ...(wait.since === undefined ? [] : [`since ${at(wait.since)}`]),
      ...(wait.until === undefined ? [] : [`until ${at(wait.until)}`]),
    ].join(', '),
    `  ${answerText(id, wait)}`,
  ])
  return more === true ? [...lines, '… and maybe further waits, which its row does not name'] : lines
}

function waitText({ for: kind, name = '', error }: WaitView): string {
  const because = error === undefined ? '' : `: ${error.class} (${error.code}): ${error.message}`
  switch (kind) {
    case 'signal':
    case 'callback':
    case 'timer':
      return `${kind} ${JSON.stringify(name)}`
    case 'child':
      return `child ${name}`
    case 'retry':
      return `the next attempt of step ${JSON.stringify(name)}${because}`
    case 'slot':
      return `a place of concurrency key ${name}`
    case 'worker':
      return `a free worker${because}`
    case 'undeployed':
      return `a worker with the kind ${name}`
    case 'external':
      return 'the external system that completes it'
    case 'resume':
      return `an operator who resumes it${because}`
  }
}

function answerText(id: string, { for: kind, name = '' }: WaitView): string {
  switch (kind) {
    case 'signal':
      return `answer it: leasehold signal ${id} ${shellWord(name)} --payload JSON`
    case 'callback':
      return 'the holder of its token answers it: leasehold callback complete TOKEN --value JSON'
    case 'external':
      return `the holder of its token completes it: POST /v1/processes/${id}/complete`
    case 'child':
      return `look at it: leasehold show ${name}`
    case 'slot':
      return `look at who holds it: leasehold slots ${shellWord(name)}`
    case 'resume':
      return `after the fix is deployed: leasehold resume ${id}`
    case 'undeployed':
      return `deploy a worker with the kind ${name}`
    case 'worker':
      return 'it continues by itself; if it does not: leasehold health'
    case 'timer':
    case 'retry':
      return 'it continues by itself'
  }
}

/** A name as a shell takes it. */
export function shellWord(name: string): string {
  return /^[\w.:-]+$/u.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`
}

import type { ProcessView } from '../../../client/processes.ts'
import type { Wait } from '../../../model/record.ts'
import { errorParts, titleOf, waitParts, type Sentence } from './sentence-parts.ts'
import { evidenceNotes, notesOf } from './state-notes.ts'
import type { Action } from './status.ts'
import { timesText } from './words.ts'

// What a process does or waits for, since when, until when, and what an operator can do about it.

type Tone = 'calm' | 'busy' | 'good' | 'warn' | 'bad'
export type StateReport = {
  readonly tone: Tone
  readonly main: Sentence
  /** How the wait is answered, or what helps. */
  readonly answer?: { readonly how: Sentence; readonly action?: Action; readonly signal?: string }
  /** What else an operator should know, the most urgent first. */
  readonly notes: readonly Sentence[]
}

/** A wait that is this much over its time is not just about to be served. */
export const OVERDUE_MS = 90_000

export function reportState(view: ProcessView, now: number): StateReport {
  const notes = notesOf(view, now)
  switch (view.status) {
    case 'pending':
      return pending(view, now, notes)
    case 'running':
      return running(view, now, notes)
    case 'waiting':
      return waiting(view, now, notes)
    case 'stuck':
      return stuck(view, notes)
    case 'completed':
    case 'failed':
    case 'cancelled':
    case 'abandoned':
      return ended(view)
  }
}

function pending(view: ProcessView, now: number, notes: readonly Sentence[]): StateReport {
  const { createdAt, startAt, dueAt = createdAt, kind } = view
  if (startAt !== undefined && startAt > now)
    return { tone: 'calm', main: ['Starts by itself at ', { until: startAt }, '.'], notes }
  const main: Sentence = ['Waits for a worker since ', { at: Math.max(createdAt, startAt ?? 0) }, '.']
  if (now - dueAt < OVERDUE_MS) return { tone: 'calm', main, notes }
  const how: Sentence = [
    'No worker has claimed it. Check that a worker with the kind ',
    { name: kind },
    ' is deployed, and that the queue moves: ',
    { link: '/health', label: 'health' },
    '.',
  ]
  return { tone: 'warn', main, answer: { how }, notes }
}

function running(view: ProcessView, now: number, notes: readonly Sentence[]): StateReport {
  const { lease } = view
  if (lease === undefined) return { tone: 'busy', main: ['A worker runs it.'], notes }
  const { ownerId, claimedAt, expiresAt, step, renewedAt } = lease
  if (expiresAt < now)
    return {
      tone: 'warn',
      main: [
        'Held by ',
        { name: ownerId },
        ', whose lease ran out ',
        { at: expiresAt },
        '. The worker is gone or cut off.',
      ],
      answer: { how: ['The sweep gives the process to another worker, usually within a minute.'] },
      notes,
    }
  const doing: Sentence =
    step === undefined
      ? [renewedAt === undefined ? '. Its step is known after the first renewal.' : ', between steps.']
      : [
          ', in step ',
          { name: step.name },
          `, attempt ${step.attempt}, since `,
          { at: step.since },
          ...(step.beside === undefined ? [] : [`, with ${step.beside} more steps beside it`]),
          '.',
        ]
  return {
    tone: 'busy',
    main: [
      'Held by ',
      { name: ownerId },
      ' since ',
      { at: claimedAt },
      ' until ',
      { until: expiresAt },
      ...doing,
    ],
    notes,
  }
}

function waiting(view: ProcessView, now: number, notes: readonly Sentence[]): StateReport {
  const { wait, dueAt, createdAt } = view
  if (wait === undefined) return { tone: 'calm', main: ['Waits.'], notes }
  const since = wait.since ?? createdAt
  const main: Sentence = ['Waits for ', ...waitParts(wait), ' since ', { at: since }, ...endOf(dueAt, now)]
  const answer = answerTo(wait, view)
  if (dueAt === undefined || now - dueAt < OVERDUE_MS) return { tone: toneOf(wait), main, answer, notes }
  const late: Sentence = [
    'It should have continued ',
    { at: dueAt },
    ', and no worker has claimed it. Look at the queue and the sweep: ',
    { link: '/health', label: 'health' },
    '.',
  ]
  return { tone: 'warn', main, answer, notes: [late, ...notes] }
}

function endOf(dueAt: number | undefined, now: number): Sentence {
  if (dueAt === undefined) return [', without an end of its own.']
  return dueAt > now ? [', until ', { until: dueAt }, '.'] : ['. It is due now: a worker takes it up next.']
}

function toneOf(wait: Wait): Tone {
  return wait.for === 'undeployed' || (wait.for === 'worker' && wait.error !== undefined) ? 'warn' : 'calm'
}

function answerTo(wait: Wait, view: ProcessView): StateReport['answer'] {
  switch (wait.for) {
    case 'worker': {
      if (wait.error === undefined) return undefined
      const tries = `A value of it could not be read or stored, ${timesText(wait.tries ?? 1)} so far: `
      return { how: [tries, ...errorParts(wait.error)] }
    }
    case 'undeployed':
      return {
        how: [
          `No worker has this kind; it was asked for ${timesText(wait.tries)}. Deploy a worker with the kind `,
          { name: wait.kind },
          ', or cancel the process.',
        ],
        action: 'cancel',
      }
    case 'external':
      return { how: ['The system that does the work completes it with its completion token.'] }
    case 'slot':
      return {
        how: [
          `${atOnce(view.concurrency?.limit)} of this key may run at once. See `,
          { slot: wait.key },
          ' for those that hold the slots.',
        ],
      }
    case 'resume':
      return undefined
    case 'effects':
      return answerToEffects(wait.on)
  }
}

function atOnce(limit: number | undefined): string {
  if (limit === undefined) return 'Few processes'
  return limit === 1 ? 'One process' : `${limit} processes`
}

function answerToEffects(on: readonly string[]): StateReport['answer'] {
  const titles = on.map((title) => titleOf(title))
  const signal = titles.find(({ effect }) => effect === 'signal')
  if (signal !== undefined)
    return {
      how: ['Send the signal ', { name: signal.name }, ' to let it continue.'],
      action: 'signal',
      signal: signal.name,
    }
  const child = titles.find(({ effect }) => effect === 'child')
  if (child !== undefined)
    return { how: ['Look at the child ', { process: child.name }, ': it has not ended.'] }
  if (titles.some(({ effect }) => effect === 'reply'))
    return { how: ['The system that has the token of the callback answers it.'], action: 'answer' }
  if (titles.some(({ effect }) => effect === 'sleep' || effect === 'step'))
    return { how: ['Time ends this wait. Nothing has to be done.'] }
  return undefined
}

function stuck(view: ProcessView, notes: readonly Sentence[]): StateReport {
  const { wait } = view
  const error = wait?.for === 'resume' ? errorParts(wait.error) : []
  const since: Sentence = wait?.since === undefined ? [] : [' since ', { at: wait.since }]
  return {
    tone: 'bad',
    main: ['Stuck', ...since, ...(error.length === 0 ? ['.'] : [': ', ...error])],
    answer: {
      how: [
        'Deploy code that can replay its history, then resume it. Resuming alone only repeats the error.',
      ],
      action: 'resume',
    },
    notes,
  }
}

function ended(view: ProcessView): StateReport {
  const { endedAt = view.createdAt, createdAt, output, status, retriedBy, provenance } = view
  const took: Sentence = [' ', { at: endedAt }, ', after ', { lasted: endedAt - createdAt }]
  const retries: Sentence[] = [
    ...(retriedBy === undefined ? [] : [['Retried as ', { process: retriedBy }, '.']]),
    ...(provenance?.retryOf === undefined ? [] : [['A retry of ', { process: provenance.retryOf }, '.']]),
  ]
  if (status === 'completed') return { tone: 'good', main: ['Completed', ...took, '.'], notes: retries }
  const word = status === 'failed' ? 'Failed' : status === 'cancelled' ? 'Cancelled' : 'Abandoned'
  const evidence = output !== undefined && 'evidence' in output ? output.evidence : undefined
  const why: Sentence =
    output?.outcome === 'failure'
      ? [': ', ...errorParts(output.error)]
      : output?.outcome === 'cancelled' && output.reason !== undefined
        ? [': ', { text: output.reason }]
        : ['.']
  return {
    tone: status === 'cancelled' ? 'warn' : 'bad',
    main: [word, ...took, ...why],
    ...(retriedBy === undefined && status !== 'cancelled'
      ? { answer: { how: ['A retry starts it again from the beginning, under a new id.'], action: 'retry' } }
      : {}),
    notes: [...(evidence === undefined ? [] : evidenceNotes(evidence)), ...retries],
  }
}

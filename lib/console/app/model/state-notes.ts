import type { ProcessView } from '../../../client/processes.ts'
import type { Evidence } from '../../../model/record.ts'
import { awaitedSignals, errorParts, type Part, type Sentence } from './sentence-parts.ts'
import { timesText } from './words.ts'

// What else an operator should know of a process.

/** Code that runs on for so long after a cancel ignores it. */
const IGNORED_CANCEL_MS = 30_000

/** The most urgent first. */
export function notesOf(view: ProcessView, now: number): readonly Sentence[] {
  return [...cancelNotes(view, now), ...failingNotes(view), ...stallNotes(view), ...unreadNotes(view)]
}

const BECAUSE = {
  'hard-deadline-passed': 'Its invocation had ended, so its owner was gone.',
  'operator-request': 'An operator asked for it.',
  'attempts-exhausted': 'Its workers died too many times in a row while they ran nothing else.',
  'timed-out': 'Its time was over.',
  interrupted: 'It was stopped in the middle of a step that must not run twice.',
} as const satisfies Record<Evidence['because'], string>

export function evidenceNotes(evidence: Evidence): Sentence[] {
  const { because, lastOwner, lastSeenAt, step, claims } = evidence
  const seen: Sentence = lastSeenAt === undefined ? [] : [', last seen ', { at: lastSeenAt }]
  const during: Sentence =
    step === undefined ? [] : [`, in step `, { name: step.name }, `, attempt ${step.attempt}`]
  return [
    [
      BECAUSE[because],
      ' Its last owner was ',
      { name: lastOwner },
      ...seen,
      ...during,
      `. It was claimed ${timesText(claims)}.`,
    ],
  ]
}

function cancelNotes(view: ProcessView, now: number): Sentence[] {
  const { cancel, abandon, status } = view
  const notes: Sentence[] = []
  if (cancel !== undefined) {
    const by: Sentence = cancel.by === undefined ? [] : [' by ', { text: cancel.by }]
    const why: Sentence = cancel.reason === undefined ? [] : [': ', { text: cancel.reason }]
    const ignored = status === 'running' && now - cancel.at > IGNORED_CANCEL_MS
    const after: Sentence = ignored
      ? [
          '. Its code has run on for ',
          { lasted: now - cancel.at },
          ' since: the step does not watch its abort signal, or the code shields itself. It ends when the step returns, or with its invocation.',
        ]
      : []
    notes.push(['A cancel was asked for ', { at: cancel.at }, ...by, ...why, ...after])
  }
  if (abandon !== undefined)
    notes.push(['To be abandoned as soon as no live lease holds it; asked for ', { at: abandon.at }, '.'])
  return notes
}

function failingNotes({ failing }: ProcessView): Sentence[] {
  if (failing === undefined) return []
  const { name, attempts, error, dueAt } = failing
  return [
    [
      'Step ',
      { name },
      ` has failed ${timesText(attempts)}: `,
      ...errorParts(error),
      ' Next attempt ',
      { at: dueAt },
      '.',
    ],
  ]
}

function stallNotes({ stalls }: ProcessView): Sentence[] {
  if (stalls === 0) return []
  const workers = stalls === 1 ? 'One worker has' : `${stalls} workers have`
  return [
    [
      `${workers} died while running this process alone. It may kill its worker: look at its memory, and at the log of the last owner.`,
    ],
  ]
}

function unreadNotes({ unread, wait }: ProcessView): Sentence[] {
  if (unread === undefined || unread.length === 0) return []
  const names = unread
    .slice(0, 5)
    .flatMap((name, index): Part[] => (index === 0 ? [{ name }] : [', ', { name }]))
  const question = awaitedSignals(wait).length > 0 ? '. Is the name the one it waits for?' : '.'
  return [['Signals arrived that no wait has taken: ', ...names, question]]
}

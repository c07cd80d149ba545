import { EventField, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import { ContextAttribute } from 'aws-cdk-lib/aws-scheduler'
import * as v from 'valibot'
import { InvalidConfig, LeaseholdError } from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import { optionIssues, type Options } from '../model/options.ts'
import type { RegistrationInput } from '../model/registration.ts'
import { MESSAGE_VERSION, startMessage, uncheckedStart } from '../queue/messages.ts'

// The message that a trigger sends is an ordinary start message, with an id that is derived from what set it off. Who
// delivers the same event or the same scheduled time again sends the same id, and starts nothing twice.

/** What a trigger starts. */
type TriggerStart = Pick<RegistrationInput, 'kind' | 'scope' | 'urgent' | 'limits' | 'concurrency'> & {
  /** What its ids begin with, before what is derived. Default: the kind and a hyphen. */
  readonly idPrefix?: string
}

export type ScheduleStart<Input = Json> = TriggerStart & {
  /** `SCHEDULED_TIME` in it, as a whole text or as part of one, becomes the time. Default: `{ scheduledAt: SCHEDULED_TIME }`. */
  readonly input?: Input
}

export type EventStart = TriggerStart & {
  /** A JSON path of the event whose value is the rest of the id: letters, digits and `._:-`. Default `$.id`. */
  readonly idPath?: string
  /** A JSON path of the event: what is there is the input. Default `$.detail`. */
  readonly inputPath?: string
}

/** The scheduled time in the input of a schedule, such as `2026-11-24T08:00:00Z`. */
export const SCHEDULED_TIME = ContextAttribute.scheduledTime

/** Of the length and the letters that the services put there. */
const SAMPLE_TIME = '2026-11-24T08:00:00Z'
const SAMPLE_EVENT_ID = '6a7e8feb-b491-4cf7-a959-f1bf3cae4a3d'
const JSON_PATH = v.pipe(v.string(), v.regex(/^\$(\.[\w-]+)+$/u))

/** The message of a schedule, with the scheduler's mark where the time will stand. Throws `InvalidConfig`. */
export function scheduleMessage(start: ScheduleStart<unknown>): string {
  const { idPrefix = `${start.kind}-`, input = { scheduledAt: SCHEDULED_TIME }, ...rest } = start
  expectStartable('the schedule', { ...rest, id: `${idPrefix}${SAMPLE_TIME}`, input })
  expectTrigger('the schedule', rest)
  return uncheckedStart({ ...rest, id: `${idPrefix}${SCHEDULED_TIME}`, input })
}

/** The message of a rule, as an input transformer. Throws `InvalidConfig`. */
export function eventMessage(start: EventStart): RuleTargetInput {
  const { idPrefix = `${start.kind}-`, idPath = '$.id', inputPath = '$.detail', ...rest } = start
  for (const [path, value] of Object.entries({ idPath, inputPath }))
    if (!v.safeParse(JSON_PATH, value).success)
      refuse(path, `expected a path into the event, such as $.detail.orderId, got ${value}`)
  expectStartable('the trigger', { ...rest, id: `${idPrefix}${SAMPLE_EVENT_ID}`, input: null })
  expectTrigger('the trigger', rest)
  return RuleTargetInput.fromObject({
    v: MESSAGE_VERSION,
    type: 'start',
    ...rest,
    id: `${idPrefix}${EventField.fromPath(idPath)}`,
    input: EventField.fromPath(inputPath),
  })
}

const OPTIONS: Options<Omit<TriggerStart, 'idPrefix'>> = {
  kind: 'any',
  scope: 'any',
  urgent: 'any',
  limits: 'any',
  concurrency: 'any',
}

/** A moment that is fixed at synthesis, as a `startAt` would be, is one that no later event could wait for. */
function expectTrigger(what: string, rest: object): void {
  const issues =
    'startAt' in rest
      ? [
          {
            path: 'startAt',
            message: 'a trigger starts its process when it fires: let the process sleep, or use a schedule',
          },
        ]
      : optionIssues(rest, OPTIONS)
  if (issues.length > 0)
    throw new InvalidConfig({
      issues: issues.map(({ path, message }) => ({ path: `${what}: ${path}`, message })),
    })
}

/** What a worker would refuse each time is refused at synthesis. Throws `InvalidConfig`, with the path of an odd option. */
function expectStartable(what: string, start: RegistrationInput<unknown>): void {
  try {
    startMessage<unknown>(start)
  } catch (error) {
    if (!(error instanceof LeaseholdError)) throw error
    refuse(what, `would start nothing: ${error.message}`)
  }
}

function refuse(path: string, message: string): never {
  throw new InvalidConfig({ issues: [{ path, message }] })
}

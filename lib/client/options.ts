import { InvalidInput } from '../model/errors.ts'
import type { ErrorFacts } from '../model/recorded-error.ts'
import { expectOptions, optionIssues, type Options } from '../model/options.ts'
import { STATUSES } from '../model/record.ts'
import { START_OPTIONS } from '../model/registration.ts'
import type { ListQuery } from '../registry/port.ts'
import type {
  ExternalOutput,
  FollowOptions,
  GetOptions,
  Processes,
  ResultOptions,
  RetryOptions,
  StartOf,
} from './processes.ts'
import type { ChildDefinition } from '../effects/context.ts'

// What both clients refuse before they ask: the API would refuse it too, but not each of them goes there.

/** What a registration says is checked with it. */
const START: Options<StartOf<ChildDefinition>> = {
  id: 'any',
  input: 'any',
  ...START_OPTIONS,
  completionToken: 'text',
}
const QUERY: Options<ListQuery> = {
  kind: 'any',
  scope: 'any',
  status: STATUSES,
  createdFrom: 'any',
  createdBefore: 'any',
  limit: 'any',
  cursor: 'text',
}
type SignalRequest = Parameters<Processes['signal']>[1]
const SIGNAL: Options<SignalRequest> = { name: 'string', payload: 'any', key: 'string' }
const FOLLOW: Options<FollowOptions> = { after: 'any', timeout: 'any', signal: 'any' }
const WAIT_FOR: Options<NonNullable<Parameters<Processes['waitFor']>[2]>> = { after: 'any', timeout: 'any' }
const FACTS: Options<ErrorFacts> = {
  class: 'string',
  code: 'string',
  message: 'string',
  status: 'any',
  cause: 'any',
  errors: 'any',
}

export const OPTIONS_OF = {
  start: (given: object) => expectOptions('the start', given, START),
  get: (given: GetOptions) => expectOptions<GetOptions>('the options of get', given, { include: ['lease'] }),
  list: (given: ListQuery) => expectOptions('the query', given, QUERY),
  result: (given: ResultOptions | undefined) =>
    expectOptions<ResultOptions>('the options of result', given, { timeout: 'any' }),
  events: (given: FollowOptions) => expectOptions('the options of events', given, FOLLOW),
  waitFor: (given: object) => expectOptions('the options of waitFor', given, WAIT_FOR),
  signal: (given: SignalRequest) => expectOptions('the signal', given, SIGNAL, ['name', 'key']),
  retry: (given: RetryOptions) =>
    expectOptions<RetryOptions>('the options of retry', given, { id: 'any', completionToken: 'text' }),
  reason: (reason: string | undefined) => expectOptions('the request', { reason }, { reason: 'string' }),
  output: expectOutput,
}

function expectOutput(output: ExternalOutput<unknown>): void {
  const outcome = ['success', 'failure']
  const failed = output.outcome === 'failure'
  const issues = failed
    ? [
        ...optionIssues(output, { outcome, error: 'any' }, '', ['error']),
        ...optionIssues(output.error, FACTS, 'error', ['class', 'code', 'message']),
      ]
    : optionIssues(output, { outcome, value: 'any' }, '', ['outcome'])
  if (issues.length > 0) throw new InvalidInput({ what: 'the output', issues })
}

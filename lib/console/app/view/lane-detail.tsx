import type { ErrorFacts } from '../../../model/recorded-error.ts'
import type { Lane } from '../model/timeline.ts'
import { durationText } from '../model/words.ts'
import { Fact } from './page.tsx'
import { FullMoment, ProcessLink, Text } from './text.tsx'

/** The effect that a person chose in the timeline. */
export function LaneDetail({ lane, close }: { readonly lane: Lane; readonly close: () => void }) {
  const { effect, name, position, from, to, state, attempts, error, dueAt, child, seq } = lane
  return (
    <section class="detail" aria-label={`Effect ${position}`}>
      <div class="section-head">
        <h3>
          {effect} <Text of={name} />
        </h3>
        <button type="button" class="quiet" onClick={close}>
          Close
        </button>
      </div>
      <dl class="facts">
        <Fact name="State">{state}</Fact>
        <Fact name="From">
          <FullMoment at={from} />
        </Fact>
        {to !== undefined && (
          <Fact name="To">
            <FullMoment at={to} />, after {durationText(to - from)}
          </Fact>
        )}
        {dueAt !== undefined && (
          <Fact name="Ends by itself">
            <FullMoment at={dueAt} />
          </Fact>
        )}
        {child !== undefined && (
          <Fact name="Child">
            <ProcessLink id={child} />
          </Fact>
        )}
        <Fact name="Newest entry">
          {seq}, position {position}
        </Fact>
      </dl>
      {error !== undefined && <ErrorText error={error} />}
      {attempts.length > 0 && (
        <ol class="attempts">
          {attempts.map((attempt, index) => (
            <li>
              <p>
                Attempt {index + 1} failed <FullMoment at={attempt.at} />; the next one was due after{' '}
                {durationText(attempt.dueAt - attempt.at)}
              </p>
              <ErrorText error={attempt.error} />
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

/** An error with its causes. */
export function ErrorText({ error }: { readonly error: ErrorFacts }) {
  const { class: name, code, message, status, cause, errors = [] } = error
  return (
    <div class="error-text">
      <p>
        <strong>
          <Text of={name} />
        </strong>{' '}
        <Text of={code} code />
        {status !== undefined && <> HTTP {status}</>}
      </p>
      <p class="message">
        <Text of={message} />
      </p>
      {cause !== undefined && (
        <div class="cause">
          <p class="dim">caused by</p>
          <ErrorText error={cause} />
        </div>
      )}
      {errors.map((each) => (
        <div class="cause">
          <ErrorText error={each} />
        </div>
      ))}
    </div>
  )
}

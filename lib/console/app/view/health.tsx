import type { HealthView } from '../../../client/health-view.ts'
import { ask } from '../api.ts'
import { useLive } from '../live.ts'
import { COMMANDS } from '../model/commands.ts'
import { countText, durationText } from '../model/words.ts'
import { Fact, Page, Section } from './page.tsx'
import { Shown } from './states.tsx'
import { StatusIcon } from './status-badge.tsx'
import { Moment, Text } from './text.tsx'

/** How the system does, the problems first. */
export function Health() {
  const live = useLive('health', (signal) => ask('health', {}, signal))
  return (
    <Page title="Health" command={COMMANDS.health}>
      <Shown live={live} what="health">
        {(health) => (
          <>
            <Problems health={health} />
            <Queues health={health} />
            <Due health={health} />
            <Sweep health={health} />
          </>
        )}
      </Shown>
    </Page>
  )
}

function Problems({ health }: { readonly health: HealthView }) {
  if (health.problems.length === 0)
    return (
      <p class="all-well">
        <StatusIcon status="completed" /> Nothing needs an operator.
      </p>
    )
  return (
    <ul class="groups" aria-label="Problems">
      {health.problems.map(({ code, message }) => (
        <li class="group failed" key={code}>
          <div class="group-head">
            <span class="badge failed">
              <StatusIcon status="failed" />
              <Text of={code} code />
            </span>
            <Text of={message} />
            {code === 'dead_letters' && <a href="/dlq">Show them</a>}
          </div>
        </li>
      ))}
    </ul>
  )
}

function Queues({ health }: { readonly health: HealthView }) {
  return (
    <Section title="Queues">
      {health.queues.length === 0 ? (
        <p class="dim">The target does not watch its queues.</p>
      ) : (
        <div class="scroller" tabIndex={0} role="region" aria-label="Messages by queue">
          <table class="counts">
            <thead>
              <tr>
                <th scope="col">Queue</th>
                <th scope="col" class="number">
                  Wait
                </th>
                <th scope="col" class="number">
                  In a worker
                </th>
                <th scope="col" class="number">
                  Delayed
                </th>
              </tr>
            </thead>
            <tbody>
              {health.queues.map((depth) => (
                <tr key={depth.queue}>
                  <th scope="row">
                    {depth.queue === 'dead-letter' ? <a href="/dlq">{depth.queue}</a> : depth.queue}
                  </th>
                  {'error' in depth ? (
                    <td colSpan={3}>
                      cannot be read: <Text of={depth.error} />
                    </td>
                  ) : (
                    [depth.visible, depth.inFlight, depth.delayed].map((count) => (
                      <td class="number">{count.toLocaleString('en')}</td>
                    ))
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  )
}

function Due({ health }: { readonly health: HealthView }) {
  const due = health.due.reduce((sum, shard) => sum + shard.due, 0)
  const oldest = health.due.flatMap(({ oldestDueAt }) => oldestDueAt ?? [])
  const atLeast = health.due.some((shard) => shard.atLeast === true)
  return (
    <Section title="Due processes">
      <p>
        {atLeast && 'At least '}
        {countText(due, 'process is', 'processes are')} due
        {oldest.length > 0 && (
          <>
            , the oldest since <Moment at={Math.min(...oldest)} />
          </>
        )}
        .
      </p>
    </Section>
  )
}

function Sweep({ health }: { readonly health: HealthView }) {
  const { sweep } = health
  return (
    <Section title="Sweep">
      {sweep === undefined ? (
        <p class="dim">No pass is noted yet.</p>
      ) : (
        <dl class="facts">
          <Fact name="Last pass">
            <Moment at={sweep.at} />, one every {durationText(sweep.everyMs)}
          </Fact>
          <Fact name="Found due">{sweep.due}</Fact>
          <Fact name="Wake-ups sent">{sweep.sent}</Fact>
          <Fact name="Oldest">{durationText(sweep.oldestDueMs)} late</Fact>
          <Fact name="Shards that failed">{sweep.failedShards}</Fact>
        </dl>
      )}
    </Section>
  )
}

import { countText } from '../model/count-text.ts'
import { inWords } from '../model/duration.ts'
import { HEALTH_OVERDUE_MS, HEALTH_PASSES_MISSED } from '../model/limits-lists.ts'
import type { HealthProblem, HealthView } from './health-view.ts'

/** What of this needs an operator. */
export function problemsOf({
  at,
  due,
  queues,
  sweep,
}: Omit<HealthView, 'problems' | 'version'>): HealthProblem[] {
  const problems: HealthProblem[] = []
  const report = (code: HealthProblem['code'], message: string) => void problems.push({ code, message })
  if (sweep === undefined) report('sweep_unknown', 'no pass of the sweep is noted yet')
  else {
    const { everyMs, failedShards } = sweep
    if (at - sweep.at > HEALTH_PASSES_MISSED * everyMs)
      report(
        'sweep_late',
        `the last pass of the sweep was ${inWords(at - sweep.at)} ago, not ${inWords(everyMs)}`,
      )
    if (failedShards > 0)
      report('sweep_failing', `the last pass could not sweep ${countText(failedShards, 'shard')}`)
    if (sweep.heldBack)
      report('sweep_held_back', 'a queue is long, so the last pass sent few wake-ups; look at the workers')
  }
  const oldest = Math.min(...due.flatMap(({ oldestDueAt }) => oldestDueAt ?? []))
  if (at - oldest > HEALTH_OVERDUE_MS)
    report('overdue', `a process has been due for ${inWords(at - oldest)}, and no worker claims it`)
  for (const depth of queues) {
    if ('error' in depth) report('queue_unread', `the ${depth.queue} queue cannot be read: ${depth.error}`)
    else if (depth.queue === 'dead-letter' && depth.visible + depth.inFlight > 0)
      report(
        'dead_letters',
        `${countText(depth.visible + depth.inFlight, 'dead letter waits', 'dead letters wait')}: leasehold dlq list`,
      )
  }
  return problems
}

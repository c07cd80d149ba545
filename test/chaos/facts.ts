import type { Item } from '../../lib/registry/store/store.ts'
import type { Fact } from '../simulation/history.ts'
import type { Write } from './recorder.ts'
import type { WorkerLog, CodeLog } from './worker-logs.ts'

/**
 * One history of what the table's stream says and what the workers told. The stream's clock counts seconds, so what a
 * body told is put where it is certain to belong: behind the claim under which its code ran. What it left out says so.
 *
 * The stream does not say which writes were one transaction, nor who wrote. A take-over's two writes are known by their
 * fence and follow each other; who wrote under a fence is who claimed it.
 */
export function historyOf(
  writes: readonly Write[],
  logs: readonly WorkerLog[],
): { facts: Fact[]; astray: CodeLog[] } {
  const byClaim = Map.groupBy(
    logs.filter((each) => each.kind === 'body' || each.kind === 'ran-to-end'),
    (each) => `${each.process}#${each.fence}`,
  )
  const facts: Fact[] = []
  for (const write of asTransactions(writes)) {
    facts.push(write)
    const claim = claimIn(write)
    if (claim === undefined) continue
    for (const { fence: _, ...each } of byClaim.get(claim) ?? []) facts.push({ ...each, at: write.at })
    byClaim.delete(claim)
  }
  return { facts, astray: [...byClaim.values()].flat() }
}

/** `<process>#<fence>` where the write is a claim. */
function claimIn({ pk, sk, before, after }: Write): string | undefined {
  if (sk !== 'PROCESS' || after?.['s'] !== 'running' || after['f'] === before?.['f']) return undefined
  return `${pk.slice(2)}#${JSON.stringify(after['f'])}`
}

/** The lease that a take-over puts and the process item that it changes take effect together. */
function* asTransactions(writes: readonly Write[]): Generator<Write> {
  for (const [index, write] of writes.entries()) {
    const [previous, next] = [writes[index - 1], writes[index + 1]]
    if (next !== undefined && together(write, next)) yield { ...write, tx: index }
    else if (previous !== undefined && together(previous, write)) yield { ...write, tx: index - 1 }
    else yield write
  }
}

function together(one: Write, other: Write): boolean {
  if (one.pk !== other.pk || one.sk === other.sk) return false
  const [lease, row] = one.sk === 'LEASE' ? [one, other] : [other, one]
  if (lease.sk !== 'LEASE' || row.sk !== 'PROCESS') return false
  const fence = fenceOf(row.after)
  return fence === fenceOf(lease.after) && fence !== fenceOf(row.before) && fence !== fenceOf(lease.before)
}

function fenceOf(item: Item | undefined): unknown {
  return item?.['f']
}

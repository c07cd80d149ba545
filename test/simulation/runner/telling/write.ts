import {
  readEntry,
  readLease,
  readProcess,
  text,
  TAG,
  EFFECT_NAMES,
  type StoredProcess,
} from '../../checker/stored.ts'
import type { Item } from '../../../../lib/registry/store/store.ts'
import { plain, type Accepted } from '../../world/dynamo/table.ts'
import { actorIn, itemIn, shortened, timeIn } from './item.ts'

/** What an accepted write did, in words. */
export function writeIn({ pk, sk, before, after }: Accepted): string {
  const [was, is] = [before, after].map((item) => (item === undefined ? undefined : plain(item)))
  const name = itemIn(pk, sk)
  if (is === undefined) return `removes ${name}`
  if (sk === 'PROCESS') return rowIn(name, was, is)
  if (sk === 'LEASE') return leaseIn(name, was, is)
  if (sk === 'SLOTS') return `writes ${name}: held by ${listIn(is['h'])}, queue ${listIn(is['q'])}`
  return `writes ${name}`
}

function rowIn(name: string, was: Item | undefined, is: Item): string {
  const after = readProcess(is)
  if (was === undefined)
    return `registers ${name}: ${[after.status, dueIn(after), ...entriesIn(undefined, after)].filter(Boolean).join(', ')}`
  const before = readProcess(was)
  const moved = before.status !== after.status
  const facts = [
    moved ? `${before.status} → ${after.status}` : '',
    changed('fence', before.fence, after.fence),
    changed('commit', before.commit, after.commit),
    after.waitsFor !== undefined && after.status === 'waiting' && moved ? `waits for ${after.waitsFor}` : '',
    before.dueAt === after.dueAt ? '' : dueIn(after),
    ...entriesIn(before, after),
    after.cancelAsked && !before.cancelAsked ? 'cancel asked' : '',
    after.pendingNotifications === before.pendingNotifications
      ? ''
      : after.pendingNotifications
        ? 'has dependents to notify'
        : 'has notified its dependents',
  ]
  return `${verbOf(before, after)} ${name}: ${facts.filter((fact) => fact !== '').join(', ')}`
}

function verbOf(before: StoredProcess, after: StoredProcess): string {
  if (after.status === 'running' && before.status !== 'running') return 'claims'
  if (after.fence !== before.fence) return 'takes over'
  if (before.status === 'running' && after.status === 'waiting') return 'parks'
  if (after.status !== before.status) return 'ends'
  return 'writes to'
}

function changed(what: string, before: number, after: number): string {
  return before === after ? '' : `${what} ${before} → ${after}`
}

function dueIn({ dueAt, status }: StoredProcess): string {
  if (dueAt === undefined) return 'not due'
  return `${status === 'running' ? 'lease until' : 'due at'} ${timeIn(dueAt)}`
}

/** The entries that a write put into the log. What it moved into pages before is not told. */
function entriesIn(before: StoredProcess | undefined, after: StoredProcess): string[] {
  const fresh = after.seq - (before?.seq ?? 0)
  if (fresh <= 0) return fresh < 0 ? [`log ${before?.seq} → ${after.seq}`] : []
  const shown = after.tail.slice(-fresh)
  const first = after.seq - shown.length + 1
  return shown.map((raw, index) => `log ${first + index}: ${entryIn(raw)}`)
}

function entryIn(raw: string): string {
  const [tag, , ...parts] = readEntry(raw)
  const [one, two, three, four] = parts.map(String)
  const kind = EFFECT_NAMES[two ?? ''] ?? two
  const effect = `${kind === three ? kind : `${kind} ${three}`} (position ${one})`
  switch (tag) {
    case TAG.effect:
      return `${effect} ${four === '0' ? `fails: ${String(parts[5])}` : 'is recorded'}`
    case TAG.begun:
      return `${effect} begins${four === undefined ? '' : `, due at ${timeIn(Number(four))}`}`
    case TAG.failed:
      return `an attempt of ${two} fails (${shortened(String(parts[5]))}), next at ${timeIn(Number(three))}`
    case TAG.signal:
      return `signal ${one} under key ${two}`
    case TAG.childEnded:
      return `child ${one} ${two}`
    case TAG.cancel:
      return 'cancel asked'
    case TAG.end:
      return `the end, ${one}`
    case 't':
      return `taken over from ${actorIn(two ?? '')}`
    default:
      return shortened(raw)
  }
}

function leaseIn(name: string, was: Item | undefined, is: Item): string {
  const [before, after] = [readLease(was), readLease(is)]
  if (after.fence !== before.fence && before.fence === undefined)
    return `writes ${name}: fence ${after.fence}${after.expiresAt === undefined ? '' : `, until ${timeIn(after.expiresAt)}`}`
  if (after.expiresAt !== undefined && after.expiresAt !== before.expiresAt && after.fence === before.fence)
    return `renews ${name}: fence ${after.fence}, until ${timeIn(after.expiresAt)}`
  if (after.fence !== before.fence) return `writes ${name}: fence ${before.fence ?? 'none'} → ${after.fence}`
  return `tells the owner of ${name.replace('the lease of ', '')} that its log has grown`
}

function listIn(list: unknown): string {
  const ids = Array.isArray(list) ? list.map((id) => text(id) ?? '?') : []
  return ids.length === 0 ? 'no-such-id' : ids.join(', ')
}

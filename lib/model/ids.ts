import { InvalidId } from './errors.ts'

/** A process id that has been checked: `[A-Za-z0-9._:-]{1,256}`, but for `.` and `..`. */
export type ProcessId = string & { readonly brand: 'ProcessId' }

/** Who may write: grows by exactly one at each claim and never goes down. 0 means never claimed. */
export type Fence = number

/** Number of a log entry, from 1, without gaps. */
export type Seq = number

/** One execution attempt of one host. Two attempts of one owner are two owners. */
export type Owner = { readonly ownerId: string; readonly attemptId: string }

/** `.` and `..` are steps in a path, which every HTTP client takes before it sends: no request could name such a process. */
const PROCESS_ID = /^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,256}$/
const KIND = /^[A-Za-z0-9._:-]{1,128}$/

/** The one way to make a `ProcessId`. Throws `InvalidId`. */
export function parseProcessId(raw: unknown): ProcessId {
  if (isProcessId(raw)) return raw
  throw new InvalidId({ field: 'id', got: raw, pattern: PROCESS_ID.source })
}

export function isProcessId(raw: unknown): raw is ProcessId {
  return typeof raw === 'string' && PROCESS_ID.test(raw)
}

/** Kinds and scopes name index partitions, so they keep to the alphabet of ids, at most 128 long. */
export function parseKind(raw: unknown, field: 'kind' | 'scope' = 'kind'): string {
  if (typeof raw === 'string' && KIND.test(raw)) return raw
  throw new InvalidId({ field, got: raw, pattern: KIND.source, lettersMax: 128 })
}

export function sameOwner(a: Owner, b: Owner): boolean {
  return a.ownerId === b.ownerId && a.attemptId === b.attemptId
}

import { LeaseholdError } from './base.ts'

/** A place of a concurrency key that a process holds or waits for, and that has not ended. Nothing was written. */
export class SlotInUse extends LeaseholdError {
  readonly code = 'slot_in_use'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { id: string; key: string; status: string }) {
    const { id, key, status } = facts
    super(
      `${id} is ${status}, so its place of concurrency key ${JSON.stringify(key)} is not released; cancel the process, or abandon it`,
      facts,
    )
  }
}

/**
 * Code of two deploys runs side by side for a while, so older code may meet entries of newer code, and is right to get
 * stuck. An operator resumes the process once the newest code runs everywhere. So it is with the code of a bad deploy,
 * which asks for other effects than those on record. There is no other such case. Newer code
 * continues with what older code has recorded, and code with what it recorded itself; a process that gets stuck there stays
 * stuck, and the checker says so.
 */
export class OldAndNew {
  readonly #versionOf = new Map<string, number>()
  /** The newest version that has run each process. */
  readonly #newest = new Map<string, number>()
  readonly #resumable = new Set<string>()
  /** Host processes that run the code of a bad deploy. */
  readonly #bad = new Set<string>()

  runs(hostProcess: string, version: number, isBad = false): void {
    this.#versionOf.set(hostProcess, version)
    if (isBad) this.#bad.add(hostProcess)
  }

  /** A host process has written to a process, which has this status now. */
  wrote(hostProcess: string, process: string, status: string | undefined): void {
    const version = this.#versionOf.get(hostProcess)
    if (version === undefined) return
    const newest = this.#newest.get(process) ?? 0
    if (status === 'running') this.#newest.set(process, Math.max(newest, version))
    if (status === 'stuck' && (version < newest || this.#bad.has(hostProcess))) this.#resumable.add(process)
  }

  /** Is a stuck process one that an operator resumes? Once, for the code is the newest by then. */
  resumes(process: string): boolean {
    return this.#resumable.delete(process)
  }
}

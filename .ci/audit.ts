import { spawnSync } from 'node:child_process'

// Asks the registry for known advisories against what is deployed, and says plainly what came of it. A finding fails. A
// registry that does not answer fails nothing, and is never passed off as "no findings".

export type Verdict = { readonly outcome: 'clean' | 'findings' | 'not done'; readonly says: string }

/** What `npm audit --json` has printed, whatever that is. */
export function judge(printed: string): Verdict {
  const report = parsed(printed)
  const counts = countsOf(report)
  if (counts === undefined)
    return {
      outcome: 'not done',
      says: `AUDIT NOT DONE: nothing is known about advisories (${reasonOf(report)})`,
    }
  const grave = (counts['high'] ?? 0) + (counts['critical'] ?? 0)
  if (grave === 0) return { outcome: 'clean', says: 'audit: no advisory of level high or critical' }
  const names = Object.keys((report as { vulnerabilities?: object }).vulnerabilities ?? {})
  return {
    outcome: 'findings',
    says: `AUDIT FAILED: ${grave} of level high or critical, in ${names.join(', ')}`,
  }
}

function parsed(printed: string): unknown {
  try {
    return JSON.parse(printed)
  } catch {
    // A proxy's page, or nothing at all: the same as no answer.
    return undefined
  }
}

function countsOf(report: unknown): Readonly<Record<string, number>> | undefined {
  const { metadata } = (report ?? {}) as { metadata?: { vulnerabilities?: Record<string, number> } }
  const counts = metadata?.vulnerabilities
  const whole = Number.isSafeInteger(counts?.['high']) && Number.isSafeInteger(counts?.['critical'])
  return whole ? counts : undefined
}

function reasonOf(report: unknown): string {
  const { message, error } = (report ?? {}) as { message?: unknown; error?: { summary?: unknown } }
  const reason = [message, error?.summary].find((each) => typeof each === 'string' && each !== '')
  return typeof reason === 'string' ? (reason.split('\n')[0] ?? '') : 'no answer that can be read'
}

if (import.meta.main) {
  const options = ['--omit=dev', '--audit-level=high', '--json', '--fetch-retries=0', '--fetch-timeout=20000']
  const { stdout } = spawnSync('npm', ['audit', ...options], { encoding: 'utf8', timeout: 60_000 })
  const verdict = judge(stdout ?? '')
  process.stdout.write(`${verdict.says}\n`)
  if (verdict.outcome === 'findings') process.exitCode = 1
}

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** `problem`: it needs a change. `unknown`: it could not be found out. */
export type Check = {
  readonly name: string
  readonly state: 'ok' | 'problem' | 'unknown'
  readonly says: string
}

const NODE_LEAST = 24
/** AWS refuses signatures of a clock that is five minutes off; a minute is a sign that nothing sets it. */
const SKEW_MAX_MS = 60_000
/** A new account has 10 at once, and the worker alone may ask for more. */
const CONCURRENCY_LEAST = 100

export function nodeCheck(version: string): Check {
  const major = Number(version.split('.')[0])
  if (major >= NODE_LEAST) return { name: 'node', state: 'ok', says: version }
  return { name: 'node', state: 'problem', says: `${version}: install Node ${NODE_LEAST} or later` }
}

/** Java is for `--store dynamodb-local` alone. */
export async function javaCheck(): Promise<Check> {
  try {
    const { stdout, stderr } = await promisify(execFile)('java', ['-version'], { encoding: 'utf8' })
    const [line = ''] = `${stderr}${stdout}`.split('\n')
    return { name: 'java', state: 'ok', says: line }
  } catch {
    // It is absent, or it does not start.
    return { name: 'java', state: 'ok', says: 'none; only --store dynamodb-local needs it' }
  }
}

export function versionCheck(own: string, stack: string | undefined): Check {
  const name = 'version'
  if (stack === undefined)
    return { name, state: 'unknown', says: `${own} here; the target does not say its own` }
  if (stack === own) return { name, state: 'ok', says: own }
  return {
    name,
    state: 'problem',
    says: `${own} here, ${stack} in the target: install that version, or deploy this one`,
  }
}

/** `date`: of an answer. HTTP tells whole seconds. */
export function clockCheck(date: string | null, sentAt: number, receivedAt: number): Check {
  const theirs = Date.parse(date ?? '')
  if (!Number.isFinite(theirs)) return { name: 'clock', state: 'unknown', says: 'the answer has no date' }
  const offMs = Math.max(0, theirs - receivedAt, sentAt - (theirs + 1_000))
  const says = `${Math.round(offMs / 1_000)} s off`
  if (offMs <= SKEW_MAX_MS) return { name: 'clock', state: 'ok', says }
  return { name: 'clock', state: 'problem', says: `${says}: let the system set its clock (NTP)` }
}

export function quotaCheck(concurrentExecutions: number): Check {
  const says = `${concurrentExecutions} concurrent executions in this Region`
  if (concurrentExecutions >= CONCURRENCY_LEAST) return { name: 'quota', state: 'ok', says }
  return {
    name: 'quota',
    state: 'problem',
    says: `${says}: ask Service Quotas for ${CONCURRENCY_LEAST} or more, or deploy with reservedInvocations`,
  }
}

export function bootstrapCheck(version: string | undefined): Check {
  if (version !== undefined) return { name: 'bootstrap', state: 'ok', says: `version ${version}` }
  return { name: 'bootstrap', state: 'problem', says: 'this Region is not bootstrapped: npx cdk bootstrap' }
}

export function healthCheck(problems: readonly { readonly message: string }[]): Check {
  if (problems.length === 0) return { name: 'health', state: 'ok', says: 'nothing needs an operator' }
  return { name: 'health', state: 'problem', says: problems.map(({ message }) => message).join('; ') }
}

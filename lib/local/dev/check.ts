import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { History } from '../../testing/history.ts'
import { startChild } from '../child.ts'
import type { CheckAnswer } from './check-program.ts'

/** Of code that never gives control back. A thousand histories are replayed in a few seconds. */
const CHECK_TIMEOUT_MS = 60_000
const LINES_KEPT = 40
let checks = 0

/** Runs a `check` program on histories in a process of its own. Whatever the code does, this returns an answer. */
export async function runCheck(
  program: string,
  histories: readonly History[],
  { folder, env }: { readonly folder: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<CheckAnswer> {
  const name = join(folder, `check-${process.pid}-${(checks += 1)}`)
  const [from, to] = [`${name}.histories.json`, `${name}.answer.json`]
  writeFileSync(from, JSON.stringify(histories), { mode: 0o600 })
  const printed: string[] = []
  const child = await startChild({
    script: program,
    args: [from, to],
    env: withoutCredentials(env),
    onLine({ text }) {
      printed.push(text)
      if (printed.length > LINES_KEPT) printed.shift()
    },
  })
  const timer = new AbortController()
  const late = pause(CHECK_TIMEOUT_MS, 'late' as const, { signal: timer.signal }).catch(
    () => 'early' as const,
  )
  try {
    if ((await Promise.race([child.ended, late])) === 'late') {
      await child.kill()
      const text = `the code gave no answer in ${CHECK_TIMEOUT_MS / 1000} s: does it loop, or wait as it is loaded?`
      return { ok: false, issue: { text } }
    }
    const answer = read(to)
    if (answer !== undefined) return answer
    const { code, signal } = await child.ended
    const how = signal === null ? `exit status ${code}` : `signal ${signal}`
    return { ok: false, issue: { text: `the code ended its process (${how}): ${printed.join('\n')}` } }
  } finally {
    timer.abort()
    rmSync(from, { force: true })
    rmSync(to, { force: true })
  }
}

function read(path: string): CheckAnswer | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as CheckAnswer
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Stands in for a secret, so that code which only asks whether there is one loads all the same. */
export const STRIPPED = 'stripped'
const SECRET_NAME = /SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|AUTH|KEY/iu
const SECRET_URL = /\/\/[^/\s]*:[^/\s]*@/u
/** They name where credentials are, or whose. */
const CREDENTIAL_PLACE = /^AWS_(?:PROFILE|DEFAULT_PROFILE|ROLE_\w+|WEB_IDENTITY_\w+|CONTAINER_\w+|\w+_FILE)$/u

/** An environment without credentials: nothing that the code does as it is loaded can act in the user's name. */
export function withoutCredentials(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]) => {
    if (value === undefined || CREDENTIAL_PLACE.test(name)) return []
    return [[name, SECRET_NAME.test(name) || SECRET_URL.test(value) ? STRIPPED : value] as const]
  })
  return {
    ...Object.fromEntries(kept),
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_CONFIG_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

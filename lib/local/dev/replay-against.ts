import { rm } from 'node:fs/promises'
import type { History } from '../../testing/history.ts'
import type { ReplayVerdict } from '../../testing/replay-history.ts'
import { bundlesFolder } from '../bundled.ts'
import { CodeRefused } from '../errors.ts'
import { buildOnce } from './bundles.ts'
import { runCheck } from './check.ts'

/**
 * Replays histories against the definitions of a module, in a process of its own without credentials: a verdict for each, in order. No
 * body of a step runs. Throws `CodeRefused` for a module that cannot be bundled or loaded.
 */
export async function replayAgainst({
  entry,
  root,
  histories,
  env,
}: {
  readonly entry: string
  /** Places in the author's code are named from this folder on. */
  readonly root: string
  readonly histories: readonly History[]
  readonly env: Readonly<Record<string, string | undefined>>
}): Promise<readonly ReplayVerdict[]> {
  const folder = await bundlesFolder()
  try {
    const built = await buildOnce({ entry, root, programs: ['check'] }, folder)
    if ('issues' in built) throw new CodeRefused(built)
    const answer = await runCheck(built.paths.check ?? '', histories, { folder, env })
    if (!answer.ok) throw new CodeRefused({ issues: [answer.issue] })
    return answer.verdicts
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

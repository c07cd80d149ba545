import { SYSTEM_CHANCE } from '../host/system.ts'
import type { RunningConsole } from '../console/listen.ts'
import type { ConsoleApi } from '../console/operations.ts'
import { CommandFailed } from './errors.ts'
import { openPage } from './open-page.ts'

/** Serves the console of an API, and opens it if that is asked for. Throws `CommandFailed` if its port is taken. */
export async function serveConsoleOf(
  api: ConsoleApi,
  {
    port,
    open,
    note,
  }: { readonly port?: number; readonly open: boolean; readonly note: (text: string) => void },
): Promise<RunningConsole> {
  const { serveConsole } = await import('../console/listen.ts')
  // Twice 128 random bits.
  const secret = SYSTEM_CHANCE.token() + SYSTEM_CHANCE.token()
  const onFault = (error: unknown): void =>
    note(`the console has failed: ${(error as Error | undefined)?.stack ?? String(error)}`)
  const running = await serveConsole({ api, secret, onFault }, port === undefined ? {} : { port }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      throw new CommandFailed(`--port: ${port} is taken; name another, or leave it out`)
    },
  )
  if (open) openPage(running.url, note)
  return running
}

import type { Json } from '../../model/json.ts'
import { parseProcessId, type ProcessId } from '../../model/ids.ts'
import { API_WAIT_MAX_MS } from '../../model/limits-http.ts'
import type { Output } from '../../model/record.ts'
import { SYSTEM_CLOCK } from '../../host/system.ts'
import type { CommandRun } from '../command.ts'
import { exitOfOutput, shownOutput } from '../ended.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import type { Session } from '../session.ts'
import type { RESULT } from '../specs/looking.ts'
import type { Terminal } from '../terminal.ts'

export const result: CommandRun<typeof RESULT> = async ({ args, values, common }, { terminal, open }) => {
  const { call } = await open()
  return printEnd(parseProcessId(args.id), {
    call,
    terminal,
    json: common.json === true,
    timeoutMs: values.timeout ?? Number.POSITIVE_INFINITY,
  })
}

/** Waits for the end and prints it. Returns the exit code of that end, or of a time that has passed. */
export async function printEnd(
  id: ProcessId,
  by: {
    readonly call: Session['call']
    readonly terminal: Terminal
    readonly json: boolean
    readonly timeoutMs: number
  },
): Promise<ExitCode> {
  const { call, terminal, json, timeoutMs } = by
  const endsAt = SYSTEM_CLOCK.now() + timeoutMs
  for (;;) {
    const waitMs = Math.max(0, Math.min(API_WAIT_MAX_MS, Math.ceil(endsAt - SYSTEM_CLOCK.now())))
    const path = `/v1/processes/${id}/result`
    const { status, body } = await call({ method: 'GET', path, query: { waitMs }, waitMs })
    if (status === 200) {
      const { output } = body as { output: Output }
      if (json) await terminal.line(JSON.stringify(body, null, 2))
      else if (output.outcome === 'success') await terminal.line(shownValue(output.value))
      if (output.outcome !== 'success') terminal.problem(`${id} ${shownOutput(output)}`)
      return exitOfOutput(output)
    }
    if (SYSTEM_CLOCK.now() < endsAt) continue
    if (json) await terminal.line(JSON.stringify(body, null, 2))
    terminal.problem(`${id} has not ended in time: it is ${(body as { status: string }).status}`)
    return EXIT.timeout
  }
}

function shownValue(value: Json): string {
  return JSON.stringify(value, null, 2)
}

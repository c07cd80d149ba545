import { parseKind, parseProcessId } from '../../model/ids.ts'
import { SYSTEM_CLOCK } from '../../host/system.ts'
import type { CommandRun } from '../command.ts'
import { UsageError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { momentOf } from '../moment.ts'
import type { START } from '../specs/asking.ts'
import { typedValue } from '../typed-value.ts'
import { printEnd } from './result.ts'

export const start: CommandRun<typeof START> = async ({ args, values, common }, { terminal, open }) => {
  const id = parseProcessId(args.id)
  const { scope, at, timeout, urgent, wait } = values
  if (at !== undefined && values.in !== undefined)
    throw new UsageError('--at and --in name two times: keep one')
  const startAt =
    at === undefined ? (values.in === undefined ? undefined : SYSTEM_CLOCK.now() + values.in) : momentOf(at)
  const body = {
    kind: parseKind(args.kind),
    id,
    input: await typedValue('--input', values.input),
    ...(scope === undefined ? {} : { scope }),
    ...(startAt === undefined ? {} : { startAt }),
    ...(timeout === undefined ? {} : { limits: { timeoutMs: timeout } }),
    ...(urgent === true ? { urgent } : {}),
  }
  const { call } = await open()
  const reply = await call({ method: 'POST', path: '/v1/processes', body })
  terminal.note(reply.status === 201 ? `${id} is started` : `${id} was there before, and is left as it is`)
  const json = common.json === true
  if (wait === true) return printEnd(id, { call, terminal, json, timeoutMs: Number.POSITIVE_INFINITY })
  await terminal.line(json ? JSON.stringify(reply.body, null, 2) : id)
  return EXIT.ok
}

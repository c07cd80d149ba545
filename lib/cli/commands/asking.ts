import type { ProcessView } from '../../client/processes.ts'
import { parseProcessId, type ProcessId } from '../../model/ids.ts'
import { SYSTEM_CHANCE } from '../../host/system.ts'
import type { CommandInput, CommandHost, CommandRun } from '../command.ts'
import { confirmed } from '../confirm.ts'
import { UsageError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import type { Spec } from '../spec.ts'
import type {
  ABANDON,
  CALLBACK_COMPLETE,
  CALLBACK_FAIL,
  CALLBACK_HEARTBEAT,
  CANCEL,
  RESUME,
  RETRY,
  SIGNAL,
} from '../specs/asking.ts'
import { typedSecret, typedValue } from '../typed-value.ts'

export const cancel: CommandRun<typeof CANCEL> = ({ args, values, common }, host) =>
  ask(
    host,
    common,
    { id: parseProcessId(args.id), what: 'cancel', body: reasonOf(values.reason) },
    'is asked to cancel',
  )

export const abandon: CommandRun<typeof ABANDON> = async ({ args, values, common }, host) => {
  const id = parseProcessId(args.id)
  if (common['dry-run'] === true) return dryRun(host, `${id} would be abandoned`)
  if (!(await confirmed(`Abandon ${id}? Its code does not clean up.`, common, host.terminal)))
    return left(host)
  return ask(host, common, { id, what: 'abandon', body: reasonOf(values.reason) }, 'is asked to abandon')
}

export const resume: CommandRun<typeof RESUME> = ({ args, common }, host) =>
  ask(host, common, { id: parseProcessId(args.id), what: 'resume', body: {} }, 'continues')

export const retry: CommandRun<typeof RETRY> = async ({ args, values, common }, host) => {
  const id = parseProcessId(args.id)
  const body = values.as === undefined ? {} : { id: parseProcessId(values.as) }
  if (common['dry-run'] === true) return dryRun(host, `${id} would be retried`)
  const question = `Retry ${id}? Every step runs again, recorded ones too.`
  if (!(await confirmed(question, common, host.terminal))) return left(host)
  const { call } = await host.open()
  const reply = await call({ method: 'POST', path: `/v1/processes/${id}/retry`, body })
  const view = reply.body as ProcessView
  host.terminal.note(reply.status === 201 ? `${view.id} is started` : `${view.id} was there before`)
  await host.terminal.line(common.json === true ? JSON.stringify(view, null, 2) : view.id)
  return EXIT.ok
}

export const signal: CommandRun<typeof SIGNAL> = async ({ args, values, common }, host) => {
  const id = parseProcessId(args.id)
  const { key = SYSTEM_CHANCE.token() } = values
  const payload = await typedValue('--payload', values.payload)
  const { call } = await host.open()
  const body = { name: args.name, key, payload }
  const reply = await call({ method: 'POST', path: `/v1/processes/${id}/signals`, body })
  return fresh(host, common, reply.body, `signal ${args.name} is sent to ${id}, with the key ${key}`)
}

export const callbackComplete: CommandRun<typeof CALLBACK_COMPLETE> = async (
  { args, values, common },
  host,
) => {
  if (args.token === '-' && values.value === '-')
    throw new UsageError('token and value cannot both be standard input')
  const token = await typedSecret(args.token)
  const value = await typedValue('--value', values.value)
  const { call } = await host.open()
  const { body } = await call({ method: 'POST', path: '/v1/callbacks/complete', body: { token, value } })
  return fresh(host, common, body, 'the callback is answered')
}

export const callbackFail: CommandRun<typeof CALLBACK_FAIL> = async ({ args, values, common }, host) => {
  const { message, code } = values
  if (message === undefined) throw new UsageError('say what went wrong: --message TEXT')
  const token = await typedSecret(args.token)
  const error = { message, ...(code === undefined ? {} : { code }) }
  const { call } = await host.open()
  const { body } = await call({ method: 'POST', path: '/v1/callbacks/fail', body: { token, error } })
  return fresh(host, common, body, 'the callback is answered with an error')
}

export const callbackHeartbeat: CommandRun<typeof CALLBACK_HEARTBEAT> = async ({ args }, host) => {
  const token = await typedSecret(args.token)
  const { call } = await host.open()
  await call({ method: 'POST', path: '/v1/callbacks/heartbeat', body: { token } })
  host.terminal.note('the heartbeat is noted')
  return EXIT.ok
}

type CommonRequest = CommandInput<Spec>['common']

async function ask(
  { terminal, open }: CommandHost,
  common: CommonRequest,
  { id, what, body }: { readonly id: ProcessId; readonly what: string; readonly body: object },
  done: string,
): Promise<ExitCode> {
  const { call } = await open()
  const reply = await call({ method: 'POST', path: `/v1/processes/${id}/${what}`, body })
  terminal.note(`${id} ${done}`)
  if (common.json === true) await terminal.line(JSON.stringify(reply.body, null, 2))
  return EXIT.ok
}

async function fresh(
  { terminal }: CommandHost,
  common: CommonRequest,
  body: unknown,
  done: string,
): Promise<ExitCode> {
  const { fresh } = body as { fresh: boolean }
  terminal.note(fresh ? done : `the same was sent before, and counts once`)
  if (common.json === true) await terminal.line(JSON.stringify(body, null, 2))
  return EXIT.ok
}

function dryRun({ terminal }: CommandHost, text: string): ExitCode {
  terminal.note(`${text} (--dry-run)`)
  return EXIT.ok
}

function left({ terminal }: CommandHost): ExitCode {
  terminal.note('nothing is done')
  return EXIT.interrupted
}

function reasonOf(reason: string | undefined): { readonly reason?: string } {
  return reason === undefined ? {} : { reason }
}

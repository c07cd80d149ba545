import type { HealthView } from '../../client/health-view.ts'
import { SYSTEM_CLOCK } from '../../host/system.ts'
import type { CommandRun } from '../command.ts'
import { CommandFailed, NoTarget } from '../errors.ts'
import { EXIT } from '../exit.ts'
import {
  bootstrapCheck,
  clockCheck,
  healthCheck,
  javaCheck,
  nodeCheck,
  quotaCheck,
  versionCheck,
  type Check,
} from '../doctor-checks.ts'
import type { Session } from '../session.ts'
import type { DOCTOR } from '../specs/overview.ts'
import { versionOf } from '../version.ts'

const STYLES = { ok: 'green', problem: 'red', unknown: 'yellow' } as const

export const doctor: CommandRun<typeof DOCTOR> = async ({ common }, { terminal, open }) => {
  const checks: Check[] = [nodeCheck(process.versions.node), await javaCheck()]
  try {
    checks.push(...(await checksOf(await open())))
  } catch (error) {
    if (error instanceof NoTarget) {
      checks.push({ name: 'target', state: 'unknown', says: 'none: only this machine is checked' })
    } else if (error instanceof CommandFailed && error.exit !== EXIT.usage) {
      checks.push({ name: 'target', state: 'problem', says: error.message })
    } else throw error
  }
  if (common.json === true) await terminal.line(JSON.stringify({ checks }, null, 2))
  else
    for (const { name, state, says } of checks)
      await terminal.line(`${terminal.styled(STYLES[state], state.padEnd(8))} ${name.padEnd(10)} ${says}`)
  return checks.some(({ state }) => state === 'problem') ? EXIT.problems : EXIT.ok
}

async function checksOf(session: Session): Promise<readonly Check[]> {
  const sentAt = SYSTEM_CLOCK.now()
  const [clock, api, cloud] = await Promise.all([
    told('clock', async () => {
      const { headers } = await fetch(session.url, { method: 'HEAD' })
      return [clockCheck(headers.get('date'), sentAt, SYSTEM_CLOCK.now())]
    }),
    told('api', async () => {
      const { body } = await session.call({ method: 'GET', path: '/v1/health' })
      const { version, problems } = body as HealthView
      return [
        { name: 'api', state: 'ok', says: session.url },
        versionCheck(versionOf(), session.version ?? version),
        healthCheck(problems),
      ]
    }),
    session.identity === undefined ? [] : cloudChecks(session.identity),
  ])
  return [...clock, ...api, ...cloud]
}

async function cloudChecks(identity: NonNullable<Session['identity']>): Promise<readonly Check[]> {
  const { awsRequest } = await import('../aws-request.ts')
  const quota = told('quota', async () => {
    const path = '/2016-08-19/account-settings/'
    const reply = await awsRequest(identity, { service: 'lambda', method: 'GET', path })
    if (reply.status !== 200) return [unread('quota', reply.status, 'lambda:GetAccountSettings')]
    const { AccountLimit } = reply.body as { AccountLimit?: { ConcurrentExecutions?: number } }
    return [quotaCheck(AccountLimit?.ConcurrentExecutions ?? 0)]
  })
  const bootstrap = told('bootstrap', async () => {
    const reply = await awsRequest(identity, {
      service: 'ssm',
      method: 'POST',
      path: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonSSM.GetParameter',
      },
      body: JSON.stringify({ Name: '/cdk-bootstrap/hnb659fds/version' }),
    })
    const { Parameter, __type: type } = reply.body as { Parameter?: { Value?: string }; __type?: string }
    if (reply.status === 200) return [bootstrapCheck(Parameter?.Value)]
    if (type?.endsWith('ParameterNotFound') === true) return [bootstrapCheck(undefined)]
    return [unread('bootstrap', reply.status, 'ssm:GetParameter')]
  })
  return (await Promise.all([quota, bootstrap])).flat()
}

function unread(name: string, status: number, right: string): Check {
  return { name, state: 'unknown', says: `status ${status}: the credentials may lack ${right}` }
}

/** A check that fails is an answer too. */
async function told(name: string, check: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
  try {
    return await check()
  } catch (error) {
    const { message, cause } = error as { message?: string; cause?: { message?: string } }
    return [{ name, state: 'problem', says: [message, cause?.message].filter(Boolean).join(': ') }]
  }
}

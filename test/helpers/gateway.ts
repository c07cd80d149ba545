import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { LocalFunction } from '../../lib/local/function.ts'
import { startGateway, type Gateway, type GatewayAuth } from '../../lib/local/gateway/gateway.ts'
import { LocalEvents } from './local-events.ts'

type Opening = {
  readonly auth?: GatewayAuth
  /** Of the function. */
  readonly timeoutMs?: number
  readonly environments?: number
  readonly gatewayTimeoutMs?: number
}

/** A gateway before the function of the fixtures that answers with its event, until the test ends. */
export async function openGateway(
  options: Opening = {},
): Promise<Gateway & { readonly events: LocalEvents }> {
  const events = new LocalEvents()
  const target = new LocalFunction({
    label: 'api',
    functionName: 'test-api',
    entry: join(import.meta.dirname, '../local/fixtures/http-echo.ts'),
    timeoutMs: options.timeoutMs ?? 20_000,
    memoryMb: 128,
    region: 'us-east-1',
    env: {},
    maxEnvironments: options.environments ?? 1,
    onEvent: events.on,
  })
  const { auth = 'none', gatewayTimeoutMs } = options
  const within = gatewayTimeoutMs === undefined ? {} : { timeoutMs: gatewayTimeoutMs }
  const gateway = await startGateway({ target, auth, ...within })
  const stop = async (): Promise<void> => void (await Promise.all([gateway.stop(), target.stop()]))
  onTestFinished(stop)
  return { ...gateway, stop, events }
}

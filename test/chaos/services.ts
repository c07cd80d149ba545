import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDynamoDbLocal, type DynamoDbLocal } from '../../lib/local/dynamodb-local.ts'
import { startSqs, type LocalSqs } from '../../lib/local/sqs.ts'
import { ChaosProxy, type Mischief } from './proxy.ts'

export const REGION = 'us-east-1'

/** Both emulators on disk, each behind a proxy that troubled clients use and one that leaves calm ones alone. */
export type Services = {
  readonly dir: string
  readonly troubled: { readonly dynamo: string; readonly sqs: string }
  readonly calm: { readonly dynamo: string; readonly sqs: string }
  /** kill -9, and started again on what it had on disk. */
  restartDynamo(): Promise<void>
  restartSqs(): Promise<void>
  stop(): Promise<void>
}

export async function startServices(mischief: () => Mischief | undefined): Promise<Services> {
  const dir = mkdtempSync(join(tmpdir(), 'leasehold-chaos-'))
  const [dynamoDir, sqsDir] = [join(dir, 'dynamodb'), join(dir, 'sqs')]
  let dynamo: DynamoDbLocal = await startDynamoDbLocal({ dataDir: dynamoDir })
  let sqs: LocalSqs = await startSqs({ region: REGION, dataDir: sqsDir })
  const proxies = {
    dynamo: await ChaosProxy.start(portOf(dynamo.endpoint), mischief),
    calmDynamo: await ChaosProxy.start(portOf(dynamo.endpoint)),
    sqs: await ChaosProxy.start(portOf(sqs.endpoint)),
    calmSqs: await ChaosProxy.start(portOf(sqs.endpoint)),
  }
  return {
    dir,
    troubled: { dynamo: proxies.dynamo.endpoint, sqs: proxies.sqs.endpoint },
    calm: { dynamo: proxies.calmDynamo.endpoint, sqs: proxies.calmSqs.endpoint },
    async restartDynamo() {
      process.kill(dynamo.pid, 'SIGKILL')
      await dynamo.ended
      dynamo = await startDynamoDbLocal({ dataDir: dynamoDir })
      for (const proxy of [proxies.dynamo, proxies.calmDynamo]) proxy.pointAt(portOf(dynamo.endpoint))
    },
    async restartSqs() {
      await sqs.stop()
      sqs = await startSqs({ region: REGION, dataDir: sqsDir })
      for (const proxy of [proxies.sqs, proxies.calmSqs]) proxy.pointAt(portOf(sqs.endpoint))
    },
    async stop() {
      await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()))
      await Promise.all([dynamo.stop(), sqs.stop()])
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function portOf(endpoint: string): number {
  return Number(new URL(endpoint).port)
}

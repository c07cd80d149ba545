import { ScanCommand, type DynamoDBClient, type ScanCommandOutput } from '@aws-sdk/client-dynamodb'
import pMap from 'p-map'
import type { ProcessId } from '../../model/ids.ts'
import { isEnded, isTerminal } from '../../model/record.ts'
import { PROCESS } from '../../registry/codec/keys.ts'
import { readImage } from '../../registry/codec/projections.ts'
import { DynamoProcessRegistry } from '../../registry/dynamo.ts'
import { fromAttributes } from '../../registry/store/refusals.ts'
import { historyOf, type History } from '../../testing/history.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../host/system.ts'

const READS_AT_ONCE = 8
const WHOLE_LOG = 1_000_000

/**
 * The histories of open processes of a local table, at most so many. It scans the table, since a process with a scope stands in no
 * list of its kind. `more`: there are more of them.
 */
export async function openHistories(
  dynamo: DynamoDBClient,
  tableName: string,
  max: number,
): Promise<{ readonly histories: readonly History[]; readonly more: boolean }> {
  const ids = await openIds(dynamo, tableName, max + 1)
  const registry = new DynamoProcessRegistry({
    client: dynamo,
    tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  const found = await pMap(
    ids.slice(0, max),
    async (id) => {
      const process = await registry.get(id)
      // It has ended since the scan.
      if (process === undefined || isEnded(process)) return []
      const entries = await registry.eventsAfter(id, 0, WHOLE_LOG)
      return [await historyOf({ process, entries, load: (payload) => registry.load(id, payload) })]
    },
    { concurrency: READS_AT_ONCE },
  )
  return { histories: found.flat(), more: ids.length > max }
}

async function openIds(
  dynamo: DynamoDBClient,
  tableName: string,
  max: number,
): Promise<readonly ProcessId[]> {
  const ids: ProcessId[] = []
  let from: ScanCommandOutput['LastEvaluatedKey']
  do {
    const page: ScanCommandOutput = await dynamo.send(
      new ScanCommand({
        TableName: tableName,
        FilterExpression: 'sk = :process',
        ExpressionAttributeValues: { ':process': { S: PROCESS } },
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      }),
    )
    for (const item of page.Items ?? []) {
      const { id, status } = readImage(fromAttributes(item))
      if (!isTerminal(status)) ids.push(id)
    }
    from = page.LastEvaluatedKey
  } while (from !== undefined && ids.length < max)
  return ids.slice(0, max)
}

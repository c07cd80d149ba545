import type { Lease } from '../../model/lease.ts'
import { ROW } from '../codec/rows.ts'
import { processKey } from '../codec/keys.ts'
import type { FenceCheck } from '../../model/fence-check.ts'
import { TABLE } from '../table.ts'

/**
 * FENCE: the process is still run under this lease's fence (C57). In DynamoDB's own terms, and not the store's, since it
 * goes into a transaction that the author sends. One that was parked or has ended meanwhile is refused too.
 */
export function fenceCheck(tableName: string, { id, fence }: Lease): FenceCheck {
  const { pk, sk } = processKey(id)
  return {
    TableName: tableName,
    Key: { [TABLE.partitionKey.name]: pk, [TABLE.sortKey.name]: sk },
    ConditionExpression: '#leaseholdFence = :leaseholdFence AND #leaseholdStatus = :leaseholdStatus',
    ExpressionAttributeNames: { '#leaseholdFence': ROW.fence.attr, '#leaseholdStatus': ROW.status.attr },
    ExpressionAttributeValues: { ':leaseholdFence': fence, ':leaseholdStatus': 'running' },
  }
}

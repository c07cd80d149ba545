import { writeFileSync } from 'node:fs'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb'
import type { Item } from '../../lib/registry/store/store.ts'

/** Every item of the table as it stands. */
export async function allItems(client: DynamoDBClient, tableName: string): Promise<Item[]> {
  const items: Item[] = []
  const documents = DynamoDBDocumentClient.from(client)
  const pages = paginateScan({ client: documents }, { TableName: tableName, ConsistentRead: true })
  for await (const page of pages) items.push(...(page.Items ?? []))
  return items
}

/** Writes lists of facts to a file, a fact a line, each with the name of its list. */
export function writeFacts(file: string, lists: Readonly<Record<string, readonly object[]>>): void {
  const lines = Object.entries(lists).flatMap(([list, facts]) =>
    facts.map((fact) => JSON.stringify({ list, ...fact })),
  )
  writeFileSync(file, `${lines.join('\n')}\n`)
}

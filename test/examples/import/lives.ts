import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchWriteCommand, type BatchWriteCommandInput, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { fromItem, type Row } from '../../../examples/import/csv/row-table.ts'
import { importCsvWith } from '../../../examples/import/import-csv.ts'
import type { Output } from '../../../lib/model/record.ts'
import { TestKit } from '../../../lib/testing/index.ts'
import { lifeOf, type Live } from '../lives.ts'

const lived =
  (text: string, chunkRows: number): Live =>
  async (crash) => {
    const folder = await mkdtemp(join(tmpdir(), 'import-lives-'))
    const path = join(folder, 'rows.csv')
    await writeFile(path, text)
    const rows = new Map<number, Row>()
    const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }))
    mockClient(client)
      .on(BatchWriteCommand)
      .callsFake(({ RequestItems }: BatchWriteCommandInput) => {
        for (const put of RequestItems?.['rows'] ?? []) {
          const row = fromItem(['name', 'note'], put.PutRequest?.Item ?? {})
          rows.set(row.number, row)
        }
        return {}
      })
    const importCsv = importCsvWith({ dynamo: () => client })
    const kit = new TestKit({ definitions: [importCsv] })
    try {
      if (crash !== undefined) kit.crashAtWrite(crash.nth, crash.when)
      await kit.start(importCsv, { path, table: 'rows', chunkRows }, { id: 'i-1' })
      const life = await lifeOf(kit, 'i-1', () => [...rows.values()].toSorted((a, b) => a.number - b.number))
      return { ...life, output: JSON.parse(JSON.stringify(life.output).replaceAll(folder, '')) as Output }
    } finally {
      await rm(folder, { recursive: true })
    }
  }

const ROWS = Array.from({ length: 9 }, (_, index) => `name ${index},note ${index}\n`).join('')

export const lives: { readonly [name: string]: Live } = {
  'nine rows': lived(`name,note\n${ROWS}`, 2),
  'a bad row': lived(`name,note\n${ROWS}one field\n`, 4),
}

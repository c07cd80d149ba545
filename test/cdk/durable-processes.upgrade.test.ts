import { afterAll, expect, test } from 'vitest'
import { shapeWithAllParts, type Resource } from '../helpers/template.ts'

/** What a deploy must never replace, as it is deployed: its logical id, and what becomes of it when it leaves the template. */
const KEPT = {
  LeaseholdProcessesTableB00FF453: 'AWS::DynamoDB::GlobalTable Retain',
  LeaseholdPayloadsAccessLogsC27D3A52: 'AWS::S3::Bucket Retain',
  LeaseholdPayloadsE34AAEB1: 'AWS::S3::Bucket Retain',
  LeaseholdQueuesDeadLetter34247C51: 'AWS::SQS::Queue Delete',
  LeaseholdQueuesWork8F6631DE: 'AWS::SQS::Queue Delete',
  LeaseholdQueuesUrgent329A3C5E: 'AWS::SQS::Queue Delete',
  LeaseholdQueuesIsolationDC8CC563: 'AWS::SQS::Queue Delete',
  LeaseholdStatusEventsDeadLetter53AE434C: 'AWS::SQS::Queue Delete',
  LeaseholdTriggersUndelivered081E4F65: 'AWS::SQS::Queue Delete',
  LeaseholdStatusEventsBus3F6B6119: 'AWS::Events::EventBus Delete',
  LeaseholdApiHttp93EB6180: 'AWS::ApiGatewayV2::Api ',
}

const shape = shapeWithAllParts(import.meta.filename)
afterAll(() => shape[Symbol.dispose]())
const resources = shape.template.toJSON()['Resources'] as Record<string, Resource>

test('all that holds data, messages or an address keeps its logical id and its policy', () => {
  const types = new Set(Object.values(KEPT).map((kept) => kept.split(' ')[0]))
  const found = Object.entries(resources).filter(([, { Type }]) => types.has(Type))
  const kept = found.map(([id, { Type, DeletionPolicy = '' }]) => [id, `${Type} ${DeletionPolicy}`])
  expect(Object.fromEntries(kept)).toEqual(KEPT)
})

test('the table keeps its keys, indexes, expiry and stream', () => {
  expect(resources['LeaseholdProcessesTableB00FF453']?.Properties).toMatchObject({
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'due',
        KeySchema: [
          { AttributeName: 'd', KeyType: 'HASH' },
          { AttributeName: 'da', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['k', 's', 'f', 'b', 'u'] },
      },
      {
        IndexName: 'list',
        KeySchema: [
          { AttributeName: 'g', KeyType: 'HASH' },
          { AttributeName: 'ca', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['k', 's', 'x', 'sc', 'ea', 'lw'] },
      },
      {
        IndexName: 'scope',
        KeySchema: [
          { AttributeName: 'gs', KeyType: 'HASH' },
          { AttributeName: 'ca', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['k', 's', 'x', 'sc', 'ea', 'lw'] },
      },
      {
        IndexName: 'attention',
        KeySchema: [
          { AttributeName: 'an', KeyType: 'HASH' },
          { AttributeName: 'aa', KeyType: 'RANGE' },
        ],
        Projection: {
          ProjectionType: 'INCLUDE',
          NonKeyAttributes: ['k', 's', 'x', 'sc', 'ea', 'lw', 'ca', 'rb'],
        },
      },
    ],
    TimeToLiveSpecification: { AttributeName: 'x', Enabled: true },
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
  })
})

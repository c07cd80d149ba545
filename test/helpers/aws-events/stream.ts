import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'

// What Lambda sends for a table's stream with NEW_AND_OLD_IMAGES, as AWS documents it ("Using AWS Lambda with Amazon
// DynamoDB"; "DynamoDB Streams and Time to Live" for the removal). The values are our own: one process from its start to
// the removal of its row by its time to live.

const SOURCE = {
  eventVersion: '1.1',
  eventSource: 'aws:dynamodb',
  awsRegion: 'eu-west-1',
  eventSourceARN: 'arn:aws:dynamodb:eu-west-1:123456789012:table/shop/stream/2026-11-18T11:00:00.000',
} as const
const KEYS = { pk: { S: 'P#wave-9' }, sk: { S: 'PROCESS' } } as const

const PENDING = {
  ...KEYS,
  k: { S: 'wave' },
  r: { S: 'rerun' },
  h: { S: '6f1c' },
  i: { S: '{"to":"Ann"}' },
  s: { S: 'pending' },
  f: { N: '0' },
  c: { N: '0' },
  q: { N: '0' },
  t: { L: [] },
  n: { N: '0' },
  da: { N: '1795000000000' },
  ca: { N: '1795000000000' },
  v: { N: '1' },
  g: { S: 'k#wave#0' },
  d: { S: 'due#0' },
}
const COMPLETED = {
  ...KEYS,
  k: { S: 'wave' },
  r: { S: 'rerun' },
  h: { S: '6f1c' },
  i: { S: '{"to":"Ann"}' },
  s: { S: 'completed' },
  f: { N: '1' },
  c: { N: '1' },
  q: { N: '0' },
  t: { L: [] },
  n: { N: '0' },
  o: { M: { o: { S: 'success' }, v: { S: '"hello, Ann"' } } },
  ca: { N: '1795000000000' },
  sa: { N: '1795000000040' },
  ea: { N: '1795000000900' },
  x: { N: '1797592000' },
  v: { N: '1' },
  g: { S: 'k#wave#0' },
}

export const REGISTERED: DynamoDBRecord = {
  eventID: '0b1f6f3c5d7e9a2b4c6d8e0f1a3b5c7d',
  eventName: 'INSERT',
  ...SOURCE,
  dynamodb: {
    ApproximateCreationDateTime: 1_795_000_000,
    Keys: KEYS,
    NewImage: PENDING,
    SequenceNumber: '4421584500000000017450439091',
    SizeBytes: 214,
    StreamViewType: 'NEW_AND_OLD_IMAGES',
  },
}

export const ENDED: DynamoDBRecord = {
  eventID: '1c2a7a4d6e8f0b3c5d7e9f1a2b4c6d8e',
  eventName: 'MODIFY',
  ...SOURCE,
  dynamodb: {
    ApproximateCreationDateTime: 1_795_000_001,
    Keys: KEYS,
    NewImage: COMPLETED,
    OldImage: PENDING,
    SequenceNumber: '4421584500000000017450439092',
    SizeBytes: 437,
    StreamViewType: 'NEW_AND_OLD_IMAGES',
  },
}

/** By its time to live: no caller deleted it. */
export const EXPIRED: DynamoDBRecord = {
  eventID: '2d3b8b5e7f901c4d6e8f0a2b3c5d7e9f',
  eventName: 'REMOVE',
  ...SOURCE,
  userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
  dynamodb: {
    ApproximateCreationDateTime: 1_797_592_600,
    Keys: KEYS,
    OldImage: COMPLETED,
    SequenceNumber: '4421584500000000017450439093',
    SizeBytes: 243,
    StreamViewType: 'NEW_AND_OLD_IMAGES',
  },
}

export const STREAM_EVENT: DynamoDBStreamEvent = { Records: [REGISTERED, ENDED, EXPIRED] }

import type { SQSEvent } from 'aws-lambda'

// What Lambda sends for a batch of a standard queue with ReportBatchItemFailures, as AWS documents it ("Using Lambda with
// Amazon SQS"; the attributes are those of ReceiveMessage). The values are our own.

const QUEUE = {
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:shop-work',
  awsRegion: 'eu-west-1',
} as const

/** A start that a client sent, its copy, a wake-up that came before its start, and starts of a rule and of a schedule. */
export const SQS_EVENT: SQSEvent = {
  Records: [
    {
      messageId: '5f3b1c02-7a64-4d0e-9f0b-2c7d1e8a4b11',
      receiptHandle: 'AQEBhandle1==',
      body: '{"v":1,"type":"look","id":"wave-1"}',
      attributes: {
        ApproximateReceiveCount: '1',
        AWSTraceHeader: 'Root=1-6a2b3c4d-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1',
        SentTimestamp: '1795000000100',
        SenderId: 'AROAEXAMPLEWORKERROLE:shop-worker',
        MessageGroupId: 'tenant-7',
        ApproximateFirstReceiveTimestamp: '1795000000103',
      },
      messageAttributes: {},
      md5OfBody: '8f2a6c1d9be04f7aa1c35e72d940b6f3',
      ...QUEUE,
    },
    {
      messageId: 'b3a0f8de-1c55-4f3a-8a7e-0d9c6b5a4e22',
      receiptHandle: 'AQEBhandle2==',
      body: '{"v":1,"type":"start","id":"wave-1","kind":"wave","input":{"to":"Ann"},"scope":"tenant-7"}',
      attributes: {
        ApproximateReceiveCount: '1',
        AWSTraceHeader: 'Root=1-6a2b3c4d-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1',
        SentTimestamp: '1795000000000',
        SenderId: 'AIDAEXAMPLEUSER',
        MessageGroupId: 'tenant-7',
        ApproximateFirstReceiveTimestamp: '1795000000103',
      },
      messageAttributes: {
        source: { dataType: 'String', stringValue: 'shop', stringListValues: [], binaryListValues: [] },
      },
      md5OfBody: '1b9d3f5e7a2c4068b1d3f5e7a2c40681',
      md5OfMessageAttributes: '4c2e0a8f6d1b3957c2e0a8f6d1b39574',
      ...QUEUE,
    },
    {
      messageId: 'b3a0f8de-1c55-4f3a-8a7e-0d9c6b5a4e22',
      receiptHandle: 'AQEBhandle3==',
      body: '{"v":1,"type":"start","id":"wave-1","kind":"wave","input":{"to":"Ann"},"scope":"tenant-7"}',
      attributes: {
        ApproximateReceiveCount: '2',
        SentTimestamp: '1795000000000',
        SenderId: 'AIDAEXAMPLEUSER',
        MessageGroupId: 'tenant-7',
        ApproximateFirstReceiveTimestamp: '1795000000103',
      },
      messageAttributes: {},
      md5OfBody: '1b9d3f5e7a2c4068b1d3f5e7a2c40681',
      ...QUEUE,
    },
    {
      // A rule of EventBridge sent it, by its input transformer.
      messageId: 'c4d1e2f3-2b66-4a4b-9b8f-1e0d7c6b5f33',
      receiptHandle: 'AQEBhandle4==',
      body: '{"v":1,"type":"start","id":"wave-6a7e8feb-b491-4cf7-a959-f1bf3cae4a3d","kind":"wave","input":{"to":"Bo"}}',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '1795000000050',
        SenderId: 'AIDAEXAMPLEEVENTS',
        MessageGroupId: 'wave',
        ApproximateFirstReceiveTimestamp: '1795000000103',
      },
      messageAttributes: {},
      md5OfBody: '9e7c5a3f1d0b8264e7c5a3f1d0b82649',
      ...QUEUE,
    },
    {
      // EventBridge Scheduler sent it, with the schedule's time in place of its attribute.
      messageId: 'd5e2f3a4-3c77-4b5c-8c9a-2f1e8d7c6a44',
      receiptHandle: 'AQEBhandle5==',
      body: '{"v":1,"type":"start","id":"wave-2026-11-18T03:00:00Z","kind":"wave","input":{"to":"Cy"}}',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '1795000000060',
        SenderId: 'AROAEXAMPLESCHEDULER:6f0b2d4c8a1e',
        ApproximateFirstReceiveTimestamp: '1795000000103',
      },
      messageAttributes: {},
      md5OfBody: '2f4d6b8a0c1e3957f4d6b8a0c1e39572',
      ...QUEUE,
    },
  ],
}

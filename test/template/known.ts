// Names that AWS defines and that no schema of a resource checks: a wrong one deploys, and nothing works.

/**
 * Actions of the services that the construct uses, by the Service Authorization Reference
 * (docs.aws.amazon.com/service-authorization/latest/reference). An action that is new in the construct gets its name here.
 */
export const ACTIONS: { readonly [service: string]: readonly string[] } = {
  dynamodb: [
    'BatchGetItem',
    'BatchWriteItem',
    'ConditionCheckItem',
    'DeleteItem',
    'DescribeStream',
    'DescribeTable',
    'GetItem',
    'GetRecords',
    'GetShardIterator',
    'ListStreams',
    'PutItem',
    'Query',
    'Scan',
    'UpdateItem',
  ],
  sqs: [
    'ChangeMessageVisibility',
    'DeleteMessage',
    'GetQueueAttributes',
    'GetQueueUrl',
    'PurgeQueue',
    'ReceiveMessage',
    'SendMessage',
    'StartMessageMoveTask',
    'ListMessageMoveTasks',
    'CancelMessageMoveTask',
  ],
  s3: [
    'DeleteObject',
    'DeleteObjectTagging',
    'GetObject',
    'GetObjectTagging',
    'ListBucket',
    'PutObject',
    'PutObjectTagging',
  ],
  events: ['PutEvents'],
  kms: ['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey'],
  lambda: ['InvokeFunction'],
  logs: ['CreateLogStream', 'PutLogEvents'],
  xray: ['PutTelemetryRecords', 'PutTraceSegments'],
  ec2: [
    'AssignPrivateIpAddresses',
    'CreateNetworkInterface',
    'DeleteNetworkInterface',
    'DescribeNetworkInterfaces',
    'DescribeSubnets',
    'UnassignPrivateIpAddresses',
  ],
  sts: ['AssumeRole'],
  cloudwatch: ['DescribeAlarms', 'GetMetricData'],
  sns: ['Publish'],
}

/** Actions that take no resource: their statement has to name `*`. */
export const WITHOUT_RESOURCE: readonly string[] = [
  'dynamodb:ListStreams',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
  ...(ACTIONS['ec2'] ?? []).map((action) => `ec2:${action}`),
]

/** Metrics of AWS that alarms and dashboard read: namespace → metric → the sets of dimensions that it is published under. */
export const SERVICE_METRICS: {
  readonly [namespace: string]: { readonly [metric: string]: readonly string[] }
} = {
  'AWS/SQS': {
    ApproximateAgeOfOldestMessage: ['QueueName'],
    ApproximateNumberOfMessagesDelayed: ['QueueName'],
    ApproximateNumberOfMessagesNotVisible: ['QueueName'],
    ApproximateNumberOfMessagesVisible: ['QueueName'],
    NumberOfMessagesReceived: ['QueueName'],
    NumberOfMessagesSent: ['QueueName'],
  },
  'AWS/Lambda': {
    ConcurrentExecutions: ['FunctionName'],
    Duration: ['FunctionName'],
    Errors: ['FunctionName'],
    Invocations: ['FunctionName'],
    IteratorAge: ['FunctionName'],
    Throttles: ['FunctionName'],
  },
  'AWS/DynamoDB': {
    ConsumedReadCapacityUnits: ['TableName', 'GlobalSecondaryIndexName,TableName'],
    ConsumedWriteCapacityUnits: ['TableName', 'GlobalSecondaryIndexName,TableName'],
    ReadThrottleEvents: ['TableName', 'GlobalSecondaryIndexName,TableName'],
    WriteThrottleEvents: ['TableName', 'GlobalSecondaryIndexName,TableName'],
  },
  // The names of HTTP APIs. REST APIs have 5XXError instead.
  'AWS/ApiGateway': {
    '4xx': ['ApiId', 'ApiId,Stage'],
    '5xx': ['ApiId', 'ApiId,Stage'],
    Count: ['ApiId', 'ApiId,Stage'],
    IntegrationLatency: ['ApiId', 'ApiId,Stage'],
    Latency: ['ApiId', 'ApiId,Stage'],
  },
}

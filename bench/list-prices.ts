// Dollars at list price in us-east-1, as of 24 November 2026. docs/cost.md is computed from these and from what
// `npm run bench:cost` counts; change a price here and let `npm run bench:cost -- --docs` write the page's tables.

/** Where and when they were looked up. */
export const PRICED = { region: 'us-east-1', date: '2026-11-24' } as const

/** Of one. */
export const PRICES = {
  /** DynamoDB on demand. */
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  /** Standard queue, each 64 KB. */
  sqsRequest: 0.4e-6,
  /** What a message costs more that names a group on a standard queue. */
  sqsFair: 0.1e-6,
  lambdaRequest: 0.2e-6,
  /** arm64. */
  lambdaGbSecond: 0.000_013_333_4,
  httpApiRequest: 1e-6,
  busEvent: 1e-6,
  /** One of Step Functions Standard. */
  stateTransition: 25e-6,
  /** One of Lambda durable functions: start, step, wait and the like. */
  durableOperation: 8e-6,
  /** An alarm, a month, for each metric in it. */
  alarmMetric: 0.1,
  /** A custom metric that got a value, a month. */
  customMetric: 0.3,
  /** A dashboard, a month. Three of up to 50 metrics each are free in an account; ours has more. */
  dashboard: 3,
  /** A trace that X-Ray recorded. */
  trace: 5e-6,
  /** An SQS event source mapping that finds nothing, a month. */
  idlePoller: 0.26,
} as const

/** What EventBridge Scheduler sends to a function for a schedule without an input of its own. */
export const SCHEDULED_EVENT = {
  version: '0',
  id: '7d3f9a10-5b2c-4e8d-a6f1-0c9b8e7d6a55',
  'detail-type': 'Scheduled Event',
  source: 'aws.scheduler',
  account: '123456789012',
  time: '2026-11-18T11:47:00Z',
  region: 'eu-west-1',
  resources: ['arn:aws:scheduler:eu-west-1:123456789012:schedule/default/shop-sweep-1A2B3C'],
  detail: '{}',
} as const

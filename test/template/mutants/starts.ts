import type { Mutant } from '../mutant.ts'

const QUEUE_POLICY = 'AWS::SQS::QueuePolicy'
const ROLE = 'AWS::IAM::Role'
const SCHEDULE = 'AWS::Scheduler::Schedule'
const RULE = 'AWS::Events::Rule'
const ROUTE = 'AWS::ApiGatewayV2::Route'
const STAGE = 'AWS::ApiGatewayV2::Stage'
const INTEGRATION = 'AWS::ApiGatewayV2::Integration'

/** Mistakes in schedules, event rules and the API. */
export const OF_STARTS: readonly Mutant[] = [
  {
    name: 'a rate of one minutes',
    type: SCHEDULE,
    find: 'SweepSchedule',
    path: 'Properties.ScheduleExpression',
    to: 'rate(1 minutes)',
    by: 'a schedule has an expression that the Scheduler reads',
  },
  {
    name: 'a cron of five fields',
    type: SCHEDULE,
    find: 'Nightly',
    path: 'Properties.ScheduleExpression',
    to: 'cron(0 3 * * *)',
    by: 'a schedule has an expression that the Scheduler reads',
  },
  {
    name: 'a sweep that is switched off',
    type: SCHEDULE,
    find: 'SweepSchedule',
    path: 'Properties.State',
    to: 'DISABLED',
    by: 'a schedule has an expression that the Scheduler reads',
  },
  {
    name: 'a schedule that may not invoke its function',
    type: ROLE,
    find: 'SweepSchedule',
    path: 'Properties.Policies.0.PolicyDocument.Statement.0.Action',
    to: 'lambda:InvokeAsync',
    by: 'a schedule may do what it is for',
  },
  {
    name: 'a schedule that may not send to its queue',
    type: ROLE,
    find: 'NightlyRole',
    path: 'Properties.Policies',
    by: 'a schedule may do what it is for',
  },
  {
    name: 'a start that no worker reads',
    type: SCHEDULE,
    find: 'Nightly',
    path: 'Properties.Target.Input',
    to: '{"kind":"report"}',
    by: 'a message that a schedule or rule sends is a start',
  },
  {
    name: 'a template with a name that has no path',
    type: RULE,
    find: 'Paid',
    path: 'Properties.Targets.0.InputTransformer.InputPathsMap.id',
    by: 'a message that a schedule or rule sends is a start',
  },
  {
    name: 'a pattern whose value is no list',
    type: RULE,
    find: 'Paid',
    path: 'Properties.EventPattern.source',
    to: 'shop',
    by: 'an event rule matches by lists, and gives up after a day',
  },
  {
    name: 'a rule that retries for two days',
    type: RULE,
    find: 'Paid',
    path: 'Properties.Targets.0.RetryPolicy.MaximumEventAgeInSeconds',
    to: 172_800,
    by: 'an event rule matches by lists, and gives up after a day',
  },
  {
    name: 'a rule that its queue does not let in',
    type: QUEUE_POLICY,
    find: 'QueuesWork',
    path: 'Properties.PolicyDocument.Statement.1',
    by: 'a queue lets in the rules that send to it',
  },
  {
    name: 'a route that every caller may use',
    type: ROUTE,
    find: 'proxy',
    path: 'Properties.AuthorizationType',
    to: 'NONE',
    by: 'the API knows its callers on every route',
  },
  {
    name: 'a route that is none',
    type: ROUTE,
    find: 'proxy',
    path: 'Properties.RouteKey',
    to: '/{proxy+}',
    by: 'the API knows its callers on every route',
  },
  {
    name: 'an API that its function does not let in',
    type: 'AWS::Lambda::Permission',
    find: 'Api',
    path: 'Properties.Principal',
    to: 'lambda.amazonaws.com',
    by: 'the API may invoke its function',
  },
  {
    name: 'events of version 1.0',
    type: INTEGRATION,
    find: 'Api',
    path: 'Properties.PayloadFormatVersion',
    to: '1.0',
    by: 'the API may invoke its function',
  },
  {
    name: 'an API without a limit',
    type: STAGE,
    find: 'Stage',
    path: 'Properties.DefaultRouteSettings',
    by: 'the API has a limit and a log',
  },
]

import type { ChosenProps, DurableProcessesProps, Settings } from './props.ts'

/** A combination of props that the stack refuses, if it `breaks`. */
export type PropRule = {
  readonly breaks: boolean
  readonly path: keyof DurableProcessesProps
  readonly message: string
}

/** A prop that was set and changes nothing is a mistake about another. */
export function withoutEffect(settings: Settings, given: ReadonlySet<string>): PropRule[] {
  const NEEDS: Partial<Record<keyof ChosenProps, readonly (keyof DurableProcessesProps)[]>> = {
    api: [
      'apiEntry',
      'apiAuth',
      'apiRequestsPerSecond',
      'apiBurst',
      'apiTokenRoutes',
      'apiTokenRequestsPerSecond',
      'apiCorsOrigins',
      'jwtIssuer',
      'jwtAudience',
    ],
    apiTokenRoutes: ['apiTokenRequestsPerSecond'],
    statusEvents: ['statusEventsEntry', 'eventBus'],
    payloadBucket: ['payloadExpiryDays'],
    alarms: ['alarmTopic', 'alarmOkTopic', 'oldestDueAlarmMs', 'queueAgeAlarmMs'],
  }
  const rules = Object.entries(NEEDS).flatMap(([part, props]) =>
    props.map((name) => ({
      breaks: settings[part as keyof ChosenProps] === false && given.has(name),
      path: name,
      message: `has no effect without ${part}: remove it, or set ${part} to true`,
    })),
  )
  const ofOwnTable = (['recoveryDays', 'deletionProtection'] as const).map((name) => ({
    breaks: settings.existingTable !== undefined && given.has(name),
    path: name,
    message: 'has no effect with existingTable: remove it, and set it on that table',
  }))
  const ofExpiry = {
    breaks: settings.statusEvents && settings.payloadBucket && given.has('payloadExpiryDays'),
    path: 'payloadExpiryDays',
    message: 'has no effect with statusEvents, by which each object goes after its process: remove it',
  } as const
  return [...rules, ...ofOwnTable, ofExpiry]
}

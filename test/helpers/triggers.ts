type Transformer = { InputPathsMap: Record<string, string>; InputTemplate: string }
type Properties = Record<string, unknown>

/** The message that EventBridge would send for an event, by the input transformer of the rule's one target. */
export function deliveredByRule(rule: Properties, event: unknown): string {
  const [target] = rule['Targets'] as { InputTransformer: Transformer }[]
  if (target === undefined) throw new Error('a rule without a target')
  const { InputPathsMap, InputTemplate } = target.InputTransformer
  return Object.entries(InputPathsMap).reduce((text, [name, path]) => {
    const value = at(event, path)
    const json = JSON.stringify(value)
    // Within a text the value stands without quotes of its own; elsewhere as JSON.
    const inText = typeof value === 'string' ? json.slice(1, -1) : json
    return text
      .replaceAll(new RegExp(`(?<=:)<${name}>(?=[,}])`, 'gu'), () => json)
      .replaceAll(`<${name}>`, () => inText)
  }, InputTemplate)
}

/** The message that EventBridge Scheduler would send for a time, by its context attributes. */
export function deliveredBySchedule(schedule: Properties, time: string): string {
  const { Input } = schedule['Target'] as { Input: string }
  const text = Input.replaceAll('<aws.scheduler.scheduled-time>', time)
  if (text.includes('<aws.scheduler.'))
    throw new Error(`an attribute that changes with each attempt: ${text}`)
  return text
}

function at(event: unknown, path: string): unknown {
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], event)
}

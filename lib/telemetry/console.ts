import { errorFacts, type LoggedErrorFacts } from './error-facts.ts'
import type { Facts, Telemetry } from './port.ts'

/**
 * Telemetry for people who watch a local run: one short line a fact, errors with their stacks and causes below.
 * Counts and durations are not shown. `print` takes a line without its end.
 */
export function consoleTelemetry(print: (line: string) => void): Telemetry {
  const say = (level: string, message: string, facts: Facts = {}) =>
    print([level.padEnd(5), message, ...Object.entries(facts).flatMap(fact)].join(' '))
  const show = (error: unknown) => {
    for (const line of lines(errorFacts(error))) print(`      ${line}`)
  }
  return {
    count() {},
    measure() {},
    info: (message, facts) => say('info', message, facts),
    warn(message, facts, error) {
      say('warn', message, facts)
      if (error !== undefined) show(error)
    },
    error(message, error, facts) {
      say('error', message, facts)
      show(error)
    },
  }
}

function fact([key, value]: [string, Facts[string]]): readonly string[] {
  return value === undefined ? [] : [`${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`]
}

function lines({ name, message, stack, cause, errors = [] }: LoggedErrorFacts): string[] {
  const own = (stack ?? `${name}: ${message}`).split('\n')
  const gathered = errors.flatMap((each) => ['gathered', ...lines(each)])
  return [...own, ...(cause === undefined ? [] : ['caused by', ...lines(cause)]), ...gathered]
}

import { expect, test } from 'vitest'
import { consoleTelemetry } from '../../lib/telemetry/console.ts'

test('a fact is one line that a person can read', () => {
  const printed: string[] = []
  const telemetry = consoleTelemetry((line) => printed.push(line))
  telemetry.info('claimed', { id: 'order-7', fence: 4 })
  telemetry.count('Claimed')
  expect(printed).toEqual(['info  claimed id=order-7 fence=4'])
})

test('an error brings its stack and its causes', () => {
  const printed: string[] = []
  const error = new Error('outer', { cause: new Error('inner') })
  consoleTelemetry((line) => printed.push(line)).error('run failed', error)
  expect(printed[0]).toBe('error run failed')
  expect(printed.map((line) => line.trim())).toEqual(
    expect.arrayContaining(['Error: outer', 'caused by', 'Error: inner']),
  )
})

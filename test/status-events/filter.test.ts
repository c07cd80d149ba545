import { describe, expect, test } from 'vitest'
import { passes, STREAM_FILTERS } from '../../lib/status-events/filter.ts'

function record(sk: string, before: string | undefined, after: string | undefined): object {
  const image = (status: string | undefined) => (status === undefined ? undefined : { s: { S: status } })
  const [OldImage, NewImage] = [image(before), image(after)]
  return {
    dynamodb: {
      Keys: { pk: { S: 'P#a' }, sk: { S: sk } },
      ...(OldImage === undefined ? {} : { OldImage }),
      ...(NewImage === undefined ? {} : { NewImage }),
    },
  }
}

describe('the filters of the stream', () => {
  test.each([
    ['a registration', undefined, 'pending'],
    ['a start', undefined, 'running'],
    ['a claim', 'waiting', 'running'],
    ['a park', 'running', 'waiting'],
    ['an end', 'running', 'completed'],
    ['a cancelled wait', 'waiting', 'cancelled'],
    ['the removal of a row', 'completed', undefined],
  ])('let %s through', (_what, before, after) => {
    expect(passes(STREAM_FILTERS, record('PROCESS', before, after))).toBe(true)
  })

  test('keep out what most of the stream is: the steps of a running process', () => {
    expect(passes(STREAM_FILTERS, record('PROCESS', 'running', 'running'))).toBe(false)
  })

  test.each(['LEASE', 'LOG#1', 'BLOB#v-1', 'KEY#a', 'CB#1', 'SLOTS'])('keep out %s', (sk) => {
    expect(passes(STREAM_FILTERS, record(sk, undefined, 'completed'))).toBe(false)
    expect(passes(STREAM_FILTERS, record(sk, 'completed', undefined))).toBe(false)
  })

  test('are no more than a mapping takes', () => {
    expect(STREAM_FILTERS.length).toBeLessThanOrEqual(5)
  })

  test('name nothing but what Lambda filters a table’s stream by', () => {
    expect(STREAM_FILTERS.map((filter) => Object.keys(filter))).toEqual(
      STREAM_FILTERS.map(() => ['dynamodb']),
    )
  })
})

import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { expect, test } from 'vitest'
import { DurableProcesses } from '../../lib/cdk/index.ts'
import { readStackOutput } from '../../lib/client/http/stack-output.ts'

const app = () => new App({ context: { 'aws:cdk:bundling-stacks': [] } })

/** Stands for what only a deployed stack knows. */
const REFERENCE = 'https://known.when.deployed'

/** The text of each output that a command looks at, with one text in the place of each reference. */
function written(stack: Stack): Record<string, string> {
  const { Outputs } = Template.fromStack(stack).toJSON() as { Outputs: Record<string, { Value: object }> }
  return Object.fromEntries(
    Object.entries(Outputs)
      .filter(([key]) => key.startsWith('Leasehold'))
      .map(([key, { Value }]) => {
        const [, parts] = (Value as { 'Fn::Join': [string, readonly (string | object)[]] })['Fn::Join']
        return [key, parts.map((part) => (typeof part === 'string' ? part : REFERENCE)).join('')]
      }),
  )
}

test('a stack has an output Leasehold with endpoints, Region and version', () => {
  const stack = new Stack(app(), 'Orders', { env: { region: 'eu-west-1' } })
  new DurableProcesses(stack, 'Processes')
  const { Leasehold = '' } = written(stack)
  expect(readStackOutput(Leasehold)).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/u) as string,
    region: 'eu-west-1',
    api: { url: REFERENCE, auth: 'iam' },
    deadLetters: REFERENCE,
    bus: REFERENCE,
  })
})

test('a second construct in a stack has an output of its own, and without an API none is named', () => {
  const stack = new Stack(app(), 'Orders')
  new DurableProcesses(stack, 'Processes')
  new DurableProcesses(stack, 'Others', { api: false })
  const [first, second] = Object.entries(written(stack))
  expect(first?.[0]).toBe('Leasehold')
  expect(second?.[0]).toMatch(/^Leasehold[0-9a-f]{8}$/u)
  expect(readStackOutput(second?.[1] ?? '')).not.toHaveProperty('api')
})

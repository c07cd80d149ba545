import { expect, test } from 'vitest'
import { endpointOf, regionOf } from '../../lib/aws/endpoint.ts'
import { InvalidConfig } from '../../lib/model/errors.ts'

test.each([
  ['eu-central-1', {}, 'https://dynamodb.eu-central-1.amazonaws.com'],
  ['us-gov-west-1', {}, 'https://dynamodb.us-gov-west-1.amazonaws.com'],
  ['cn-north-1', {}, 'https://dynamodb.cn-north-1.amazonaws.com.cn'],
  ['eusc-de-east-1', {}, 'https://dynamodb.eusc-de-east-1.amazonaws.eu'],
  ['us-east-1', { AWS_USE_FIPS_ENDPOINT: 'true' }, 'https://dynamodb-fips.us-east-1.amazonaws.com'],
  ['us-iso-east-1', { AWS_ENDPOINT_URL: 'https://x.example' }, 'https://x.example'],
  ['eu-west-1', { AWS_ENDPOINT_URL: 'https://x', AWS_ENDPOINT_URL_DYNAMODB: 'https://y' }, 'https://y'],
])('the endpoint in %s with %j is %s', (region, variables, expected) => {
  expect(endpointOf('dynamodb', region, variables)).toBe(expected)
})

test.each(['us-iso-east-1', 'us-isob-east-1'])('endpointOf() refuses %s by name', (region) => {
  expect(() => endpointOf('dynamodb', region, {})).toThrow(/AWS_ENDPOINT_URL_DYNAMODB/u)
})

test('regionOf() returns the Region of the function, and refuses a missing or odd one', () => {
  expect(regionOf({ AWS_REGION: 'us-gov-east-1', AWS_DEFAULT_REGION: 'eu-west-1' })).toBe('us-gov-east-1')
  expect(regionOf({ AWS_DEFAULT_REGION: 'eu-west-1' })).toBe('eu-west-1')
  for (const AWS_REGION of ['', 'eu-west-1.example.com', 'Frankfurt'])
    expect(() => regionOf({ AWS_REGION })).toThrow(InvalidConfig)
})

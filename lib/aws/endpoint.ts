import { InvalidConfig } from '../model/errors.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** What names of services end with, by how the name of the Region begins. */
const SUFFIXES: readonly (readonly [region: RegExp, suffix: string])[] = [
  [/^cn-/u, 'amazonaws.com.cn'],
  [/^eusc-/u, 'amazonaws.eu'],
  [/^(?:af|ap|ca|eu|il|me|mx|sa|us)-(?!iso)/u, 'amazonaws.com'],
]

/** The Region of the function. Throws `InvalidConfig` without one. */
export function regionOf(variables: Variables): string {
  const region = variables['AWS_REGION'] ?? variables['AWS_DEFAULT_REGION'] ?? ''
  if (/^[a-z]{2,4}-[a-z]+(?:-[a-z]+)?-\d+$/u.test(region)) return region
  const message = `expected a Region such as eu-central-1, got ${region === '' ? 'none' : region}`
  throw new InvalidConfig({ issues: [{ path: 'AWS_REGION', message }] })
}

/**
 * Where a service is reached: the variables that the SDK reads too (`AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL`,
 * `AWS_USE_FIPS_ENDPOINT`), or the public name. Throws `InvalidConfig` for a Region whose names this version does not know.
 */
export function endpointOf(service: string, region: string, variables: Variables): string {
  const given = variables[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? variables['AWS_ENDPOINT_URL']
  if (given !== undefined && given !== '') return given
  const [, suffix] = SUFFIXES.find(([of]) => of.test(region)) ?? []
  if (suffix === undefined) {
    const message = `set AWS_ENDPOINT_URL_${service.toUpperCase()}: the names of services in ${region} are not known here`
    throw new InvalidConfig({ issues: [{ path: 'AWS_REGION', message }] })
  }
  const name = variables['AWS_USE_FIPS_ENDPOINT'] === 'true' ? `${service}-fips` : service
  return `https://${name}.${region}.${suffix}`
}

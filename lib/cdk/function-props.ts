import type { ILayerVersion } from 'aws-cdk-lib/aws-lambda'
import * as v from 'valibot'
import type { Issue } from '../model/errors.ts'
import type { DurableProcessesProps, FunctionProps, FunctionsProps } from './props.ts'

/** Lambda takes no more. */
const LAYERS_MAX = 5

const construct = v.custom<ILayerVersion>(
  (given) => typeof given === 'object' && given !== null && 'layerVersionArn' in given,
  'expected a layer of the app, made or imported',
)
const packageName = v.pipe(
  v.string('expected the name of a package'),
  v.regex(/^(?:@[\w.~-]+\/)?[\w.~-]+$/u, ({ received }) => `expected the name of a package, got ${received}`),
)
const variable = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z]\w*$/u,
    ({ received }) => `expected a letter, then letters, digits and _, got ${received}`,
  ),
  v.check(
    (name) => !/^(?:LEASEHOLD|AWS)_/u.test(name),
    ({ received }) => `${received} is set by the library or by Lambda: choose a name of your own`,
  ),
)
function props<Entries extends v.ObjectEntries>(entries: Entries) {
  const known = Object.keys(entries).toSorted().join(', ')
  return v.strictObject(entries, `no such prop: remove it, or spell it as one of ${known}`)
}

const FUNCTION = props({
  environment: v.optional(v.record(variable, v.string('expected a text'))),
  layers: v.optional(
    v.pipe(v.array(construct), v.maxLength(LAYERS_MAX, `expected at most ${LAYERS_MAX} layers`)),
  ),
  externalModules: v.optional(v.array(packageName)),
  nativeModules: v.optional(v.array(packageName)),
} satisfies Record<keyof FunctionProps, unknown>)

export const FUNCTIONS = props({
  worker: v.optional(FUNCTION),
  sweep: v.optional(FUNCTION),
  api: v.optional(FUNCTION),
  statusEvents: v.optional(FUNCTION),
} satisfies Record<keyof FunctionsProps, unknown>)

type FunctionSettings = Pick<
  DurableProcessesProps,
  | 'functions'
  | 'vpc'
  | 'vpcSubnets'
  | 'securityGroups'
  | 'apiCorsOrigins'
  | 'workerEntry'
  | 'sweepEntry'
  | 'apiEntry'
  | 'statusEventsEntry'
  | 'api'
  | 'statusEvents'
>

/** What is wrong with the functions and their network beside the other props. */
export function functionIssues(settings: FunctionSettings): Issue[] {
  const { functions = {}, vpc, apiCorsOrigins = [] } = settings
  const unused = (['vpcSubnets', 'securityGroups'] as const).filter(
    (path) => vpc === undefined && settings[path] !== undefined,
  )
  const all = apiCorsOrigins.includes('*') && apiCorsOrigins.length > 1
  return [
    ...unused.map((path) => ({ path, message: 'has no effect without vpc: remove it, or set vpc' })),
    ...(all
      ? [{ path: 'apiCorsOrigins', message: "'*' lets every origin in: remove it, or the others" }]
      : []),
    ...Object.entries(functions).flatMap(([name, given]) =>
      given === undefined ? [] : propIssues(name as keyof FunctionsProps, given, settings),
    ),
  ]
}

function propIssues(name: keyof FunctionsProps, given: FunctionProps, settings: FunctionSettings): Issue[] {
  const path = `functions.${name}`
  if ((name === 'api' || name === 'statusEvents') && settings[name] === false)
    return [{ path, message: `has no effect without ${name}: remove it, or set ${name} to true` }]
  const { externalModules = [], nativeModules = [] } = given
  const both = externalModules.filter((each) => nativeModules.includes(each))
  const entry = `${name}Entry` as const
  const own = settings[entry] !== undefined
  const unused = (['externalModules', 'nativeModules'] as const).filter(
    (key) => !own && given[key] !== undefined,
  )
  return [
    ...both.map((each) => ({
      path: `${path}.nativeModules`,
      message: `${each} is in externalModules too, which leaves it to a layer: name it in one of the two`,
    })),
    ...unused.map((key) => ({
      path: `${path}.${key}`,
      message: `has no effect without ${entry}: this package's own entry imports none of these`,
    })),
  ]
}

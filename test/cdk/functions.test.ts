import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2'
import { LayerVersion } from 'aws-cdk-lib/aws-lambda'
import { afterAll, describe, expect, test } from 'vitest'
import { DeployedShape } from '../helpers/template.ts'

const JWT = { apiAuth: 'jwt', jwtIssuer: 'https://id.example', jwtAudience: ['shop'] } as const

const shape = new DeployedShape(
  {
    ...JWT,
    apiCorsOrigins: ['https://shop.example', 'http://localhost:5173'],
    functions: {
      worker: { environment: { SHOP_URL: 'https://shop.example' } },
      api: { environment: { MODE: 'a' } },
    },
  },
  (scope) => {
    const vpc = new Vpc(scope, 'Vpc')
    const layers = [
      LayerVersion.fromLayerVersionArn(
        scope,
        'Layer',
        'arn:aws:lambda:eu-central-1:111122223333:layer:fonts:3',
      ),
    ]
    return {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [new SecurityGroup(scope, 'Group', { vpc })],
      functions: {
        worker: { environment: { SHOP_URL: 'https://shop.example' }, layers },
        api: { environment: { MODE: 'a' } },
      },
    }
  },
)
const plain = new DeployedShape(JWT)
afterAll(() => {
  shape[Symbol.dispose]()
  plain[Symbol.dispose]()
})

const { processes } = shape.stack
const parts = {
  worker: processes.worker,
  sweep: processes.sweep,
  api: processes.api,
  statusEvents: processes.statusEvents,
}
const handlerOf = (name: keyof typeof parts) => parts[name]!.handler
const propertiesOf = (name: keyof typeof parts) => shape.resource(handlerOf(name).function).Properties
const variablesOf = (name: keyof typeof parts) =>
  (propertiesOf(name)['Environment'] as { Variables: Record<string, unknown> }).Variables
const NAMES = Object.keys(parts) as (keyof typeof parts)[]

describe('the props of functions', () => {
  test('variables of the user go to the function they are for, beside those of the library', () => {
    expect(NAMES.filter((name) => 'SHOP_URL' in variablesOf(name))).toEqual(['worker'])
    expect(NAMES.filter((name) => 'MODE' in variablesOf(name))).toEqual(['api'])
    expect(variablesOf('worker')).toHaveProperty('LEASEHOLD_TABLE')
  })

  test('layers go to the function they are for', () => {
    const layers = NAMES.map((name) => propertiesOf(name)['Layers'])
    expect(layers).toEqual([
      ['arn:aws:lambda:eu-central-1:111122223333:layer:fonts:3'],
      undefined,
      undefined,
      undefined,
    ])
  })

  test('every function runs in the network, with a role that lets Lambda connect it', () => {
    for (const name of NAMES) {
      const { SubnetIds, SecurityGroupIds } = propertiesOf(name)['VpcConfig'] as Record<string, unknown[]>
      expect([name, SubnetIds?.length, SecurityGroupIds?.length]).toEqual([name, 2, 1])
      const policies = shape.pointingAt('AWS::IAM::Policy', 'Roles', handlerOf(name).role)
      expect(JSON.stringify(policies)).toContain('ec2:CreateNetworkInterface')
    }
    const without = plain.resource(plain.stack.processes.worker.handler.function).Properties
    expect(without).not.toHaveProperty('VpcConfig')
    expect(JSON.stringify(plain.template.findResources('AWS::IAM::Policy'))).not.toContain('ec2:')
  })
})

describe('CORS', () => {
  const routesOf = ({ template }: DeployedShape) =>
    Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => [
      Properties.RouteKey,
      Properties.AuthorizationType,
    ])

  test('lets the pages of the origins call the API with a token', () => {
    const [api] = Object.values(shape.template.findResources('AWS::ApiGatewayV2::Api'))
    expect(api?.['Properties'].CorsConfiguration).toEqual({
      AllowOrigins: ['https://shop.example', 'http://localhost:5173'],
      AllowMethods: ['GET', 'POST'],
      AllowHeaders: expect.arrayContaining(['authorization', 'content-type']),
      ExposeHeaders: ['retry-after'],
      MaxAge: 3600,
    })
  })

  test('leaves OPTIONS to the gateway: no route with an authorizer takes a preflight', () => {
    expect(routesOf(shape)).toEqual([
      ['GET /{proxy+}', 'JWT'],
      ['POST /{proxy+}', 'JWT'],
    ])
  })

  test('is not there without origins', () => {
    const [api] = Object.values(plain.template.findResources('AWS::ApiGatewayV2::Api'))
    expect(api?.['Properties']).not.toHaveProperty('CorsConfiguration')
    expect(routesOf(plain)).toEqual([['ANY /{proxy+}', 'JWT']])
  })
})

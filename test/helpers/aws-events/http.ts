// What an HTTP API sends to a function in payload 2.0, as AWS documents it ("Create AWS Lambda proxy integrations for HTTP
// APIs"; the IAM authorizer as in "Lambda function URLs"). The values are our own.

const CONTEXT = {
  accountId: '123456789012',
  apiId: 'a1b2c3d4e5',
  domainName: 'a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com',
  domainPrefix: 'a1b2c3d4e5',
  requestId: 'JKJaXmPLvHcESHA=',
  routeKey: 'ANY /{proxy+}',
  stage: '$default',
  time: '18/Nov/2026:11:46:40 +0000',
  timeEpoch: 1_795_000_000_000,
}

/** A start in base64, as a platform hands over a body whose content type is not text, by a caller with a signature. */
export const SIGNED_START = {
  version: '2.0',
  routeKey: 'ANY /{proxy+}',
  rawPath: '/v1/processes',
  rawQueryString: '',
  headers: {
    accept: '*/*',
    'content-length': '49',
    'content-type': 'application/json; charset=utf-8',
    host: 'a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com',
    'user-agent': 'curl/8.11.0',
    'x-amzn-trace-id': 'Root=1-6a2b3c4d-0123456789abcdef01234567',
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-port': '443',
    'x-forwarded-proto': 'https',
  },
  pathParameters: { proxy: 'v1/processes' },
  requestContext: {
    ...CONTEXT,
    authorizer: {
      iam: {
        accessKey: 'ASIAEXAMPLE',
        accountId: '123456789012',
        callerId: 'AROAEXAMPLE:shop',
        cognitoIdentity: null,
        principalOrgId: null,
        userArn: 'arn:aws:sts::123456789012:assumed-role/shop/shop',
        userId: 'AROAEXAMPLE:shop',
      },
    },
    http: {
      method: 'POST',
      path: '/v1/processes',
      protocol: 'HTTP/1.1',
      sourceIp: '203.0.113.7',
      userAgent: 'curl/8.11.0',
    },
  },
  // {"id":"wave-2","kind":"wave","input":{"to":"Ä"}}
  body: 'eyJpZCI6IndhdmUtMiIsImtpbmQiOiJ3YXZlIiwiaW5wdXQiOnsidG8iOiLDhCJ9fQ==',
  isBase64Encoded: true,
}

/** A look at a result, by a caller with a token, from a browser. */
export const READ_WITH_TOKEN = {
  version: '2.0',
  routeKey: 'ANY /{proxy+}',
  rawPath: '/v1/processes/wave-2/result',
  rawQueryString: 'waitMs=0',
  cookies: ['theme=dark', 'session=abc'],
  headers: {
    accept: 'application/json,text/plain',
    authorization: 'Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln',
    host: 'a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com',
    'user-agent': 'Mozilla/5.0',
    'x-amzn-trace-id': 'Root=1-6a2b3c4d-0123456789abcdef01234568',
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-port': '443',
    'x-forwarded-proto': 'https',
  },
  queryStringParameters: { waitMs: '0' },
  pathParameters: { proxy: 'v1/processes/wave-2/result' },
  requestContext: {
    ...CONTEXT,
    authorizer: {
      jwt: { claims: { sub: 'ann', scope: 'leasehold/read', exp: '1795003600' }, scopes: null },
    },
    http: {
      method: 'GET',
      path: '/v1/processes/wave-2/result',
      protocol: 'HTTP/1.1',
      sourceIp: '203.0.113.7',
      userAgent: 'Mozilla/5.0',
    },
  },
  isBase64Encoded: false,
}

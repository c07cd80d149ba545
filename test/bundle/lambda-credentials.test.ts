import { afterEach, expect, test, vi } from 'vitest'
import { defaultProvider } from '../../lib/bundle/lambda-credentials.ts'

afterEach(() => vi.unstubAllEnvs())

test('credentials are those of the environment', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  vi.stubEnv('AWS_SESSION_TOKEN', 'token')
  expect(await defaultProvider()()).toEqual({
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'secret',
    sessionToken: 'token',
  })
})

test('an environment without credentials is refused, and says so', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
  await expect(defaultProvider()()).rejects.toThrow('no AWS credentials in the environment')
})

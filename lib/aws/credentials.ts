import type { Credentials } from './json-service.ts'

/**
 * The credentials of a function's role, from the environment, where Lambda puts them. Read at each request, so that a host that
 * replaces them is followed. Throws if there are none: a deployed handler looks nowhere else.
 */
export async function environmentCredentials(): Promise<Credentials> {
  const accessKeyId = process.env['AWS_ACCESS_KEY_ID']
  const secretAccessKey = process.env['AWS_SECRET_ACCESS_KEY']
  const sessionToken = process.env['AWS_SESSION_TOKEN']
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error('no AWS credentials in the environment: a deployed handler looks nowhere else')
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) }
}

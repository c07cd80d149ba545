// Stands in for the SDK's chain of credential providers when a handler is bundled (bundling.ts says why).

type Credentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Named as the SDK's clients import it. Reads the environment, where Lambda puts the credentials of the function's role. */
export function defaultProvider(): () => Promise<Credentials> {
  return async () => {
    const accessKeyId = process.env['AWS_ACCESS_KEY_ID']
    const secretAccessKey = process.env['AWS_SECRET_ACCESS_KEY']
    const sessionToken = process.env['AWS_SESSION_TOKEN']
    if (accessKeyId === undefined || secretAccessKey === undefined)
      throw new Error('no AWS credentials in the environment; a bundled handler looks nowhere else')
    return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) }
  }
}

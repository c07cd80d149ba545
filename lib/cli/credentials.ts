import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SigningCredentials } from '../client/http/signing.ts'
import { CommandFailed } from './errors.ts'
import { EXIT } from './exit.ts'

export type AwsIdentity = {
  readonly region: string
  readonly credentials: () => Promise<SigningCredentials>
}

/**
 * Credentials and Region as the AWS tools on this machine choose them: environment, profile, single sign-on, role. The
 * chain is that of an AWS client, which is asked for nothing else. Throws `CommandFailed` where it ends without credentials.
 */
export async function credentialsOf(place: {
  readonly region?: string
  readonly profile?: string
}): Promise<AwsIdentity> {
  const { config } = new DynamoDBClient(place)
  const credentials = async (): Promise<SigningCredentials> => {
    try {
      return await config.credentials()
    } catch (error) {
      throw new CommandFailed(
        `no AWS credentials: ${messageOf(error)}\nSign in (aws sso login), name a profile (--profile NAME), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
        EXIT.rights,
        error,
      )
    }
  }
  // Asked at once: a request that cannot be signed would look like a network that is away.
  await credentials()
  return { credentials, region: await regionOf(config.region) }
}

async function regionOf(region: () => Promise<string>): Promise<string> {
  try {
    return await region()
  } catch (error) {
    throw new CommandFailed('no AWS Region: name one by --region REGION or AWS_REGION', EXIT.usage, error)
  }
}

function messageOf(error: unknown): string {
  return String((error as { message?: unknown } | null)?.message ?? error)
}

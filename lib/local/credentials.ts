export type LocalCredentials = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** What a local stack and its emulators take for the credentials of a caller. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const

/**
 * The credentials of a local function, so that a request shows which function sent it, as a role does on AWS. The access key
 * of `status-events` is `localStatusevents`: DynamoDB Local takes letters and digits only.
 */
export function functionCredentials(label: string): LocalCredentials {
  const word = label.replaceAll(/[^a-z0-9]/giu, '')
  return {
    accessKeyId: `local${word.slice(0, 1).toUpperCase()}${word.slice(1)}`,
    secretAccessKey: LOCAL_CREDENTIALS.secretAccessKey,
  }
}

/** The access key in the header of a signed request. Absent or unsigned: the empty text. */
export function accessKeyOf(authorization: string | undefined): string {
  return /Credential=([^/,\s]+)/u.exec(authorization ?? '')?.[1] ?? ''
}

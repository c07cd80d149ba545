/** What a local stack and its emulators take for the credentials of a caller. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const

import 'vitest'

declare module 'vitest' {
  /** What test/helpers/global-setup.ts hands to every test file: `inject('dynamoEndpoint')`. */
  export interface ProvidedContext {
    dynamoEndpoint: string
  }
}

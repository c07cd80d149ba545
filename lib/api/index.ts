// What a handler file of one's own imports: `leasehold/api`.

export { apiApp, type ApiParts, type Platform } from './app.ts'
export type { HttpEvent } from './event.ts'
export type { ApiAuth } from './identity.ts'
export { apiHandler, type ApiHandlerOptions } from './lambda.ts'
export { openApi } from './openapi.ts'

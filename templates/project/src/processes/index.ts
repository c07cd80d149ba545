import { greeting } from './greeting.ts'

/** Every process that the worker runs and that the API starts. `leasehold dev` reads this list too. */
export const definitions = [greeting]

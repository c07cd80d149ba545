import { order } from './order.ts'

/** Every process that the worker runs and that the API starts. `leasehold dev` reads this list too. */
export const definitions = [order]

import { order } from './order.ts'
import { parcel } from './parcel.ts'

export const definitions = [order, parcel]

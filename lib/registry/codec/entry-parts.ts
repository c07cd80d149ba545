import type { Json } from '../../model/json.ts'
import { unreadable, type Shape, type Where } from './shape.ts'

/** The elements of an entry, taken one after another and checked. */
export class Parts {
  private readonly parts: readonly Json[]
  private readonly at: Where
  private next = 0
  constructor(parts: readonly Json[], at: Where) {
    this.parts = parts
    this.at = at
  }
  take<T>(shape: Shape<T>): T {
    const place = this.next++
    const at = { ...this.at, path: `${this.at.path}[${place}]` }
    const part = this.parts[place]
    if (part === undefined) throw unreadable(at, 'is missing')
    return shape.read(part, at)
  }
  maybe<T>(shape: Shape<T>): T | undefined {
    return this.next < this.parts.length ? this.take(shape) : undefined
  }
}

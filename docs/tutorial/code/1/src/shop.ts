import { setTimeout as wait } from 'node:timers/promises'

// Stands for the world around the process: in your project these are requests to other systems.

/** Takes the money. The same key again is the same payment. */
export async function pay(cents: number, key: string): Promise<string> {
  console.log(`shop: ${cents} cents paid under the key ${key}`)
  return `payment ${key}`
}

/** Packs one item, which takes a while. */
export async function pack(item: string, seconds: number): Promise<string> {
  console.log(`shop: packing ${item}`)
  if (seconds > 0) await wait(seconds * 1000)
  return `${item} in its box`
}

export async function ship(boxes: readonly string[]): Promise<string> {
  console.log(`shop: shipping ${boxes.join(', ')}`)
  return `parcel of ${boxes.length}`
}

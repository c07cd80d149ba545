import { NonRetryable } from 'leasehold'

export type Payment = {
  readonly cents: number
  readonly card: string
  readonly key: string
  readonly attempt: number
}

/** Stands for the bank's own database: the keys of the payments that it holds. */
export const payments = new Set<string>()

/** Stands for a bank. It is away at times, and some cards it never takes. The same key again is the same payment. */
export async function charge({ cents, card, key, attempt }: Payment): Promise<void> {
  console.log(`bank: attempt ${attempt} to take ${cents} cents under the key ${key}`)
  if (card === 'stolen') throw new NonRetryable('the card is reported as stolen')
  if (card === 'of a slow bank' && attempt < 3) throw new Error('the bank answered 503')
  payments.add(key)
}

/** Gives the money back, if it was taken. Twice is as good as once. */
export async function refund(key: string): Promise<void> {
  console.log(`bank: the payment under the key ${key} is given back`)
  payments.delete(key)
}

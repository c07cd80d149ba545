/** Stands for the Lambda functions that the states called. */
export const asked: string[] = []

export async function charge(card: string, key: string): Promise<string> {
  return `payment of ${card} under ${key}`
}

export async function ask(token: string): Promise<void> {
  asked.push(token)
}

export async function pack(line: string): Promise<string> {
  return `${line} in its box`
}

export async function survey(): Promise<string> {
  return 'sent'
}

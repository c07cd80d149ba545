/** The activities stay as they are: plain functions. */
export const called: string[] = []

export async function welcome(user: string): Promise<void> {
  called.push(`welcome ${user}`)
}

export async function bill(user: string, key: string): Promise<string> {
  called.push(`bill ${user}`)
  return `bill ${key}`
}

export async function goodbye(user: string): Promise<void> {
  called.push(`goodbye ${user}`)
}

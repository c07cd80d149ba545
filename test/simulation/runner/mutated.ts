export type MutationReport = {
  readonly planted: number
  readonly found: number
  readonly medianSeeds: number
}

export async function mutationReport(say: (line: string) => void): Promise<MutationReport> {
  say('none planted yet')
  return { planted: 0, found: 0, medianSeeds: 0 }
}

import { cpuNow } from './cpu.ts'
import { quantile, type FigureName } from './figures.ts'
import { cpuPerProcess, idsIn, perSecond, type Measure } from './side.ts'

export const MEASURES: Readonly<Record<FigureName, Measure>> = {
  async processes(side, turn, { processes }) {
    const before = cpuNow(side)
    const ms = await side.processes(idsIn(turn, 'processes', processes))
    const after = cpuNow(side)
    return {
      rows: { processes: perSecond(processes, ms) },
      ...(before && after && { cpu: cpuPerProcess(before, after, processes) }),
    }
  },
  async steps(side, turn, { steps }) {
    const ms = await side.steps?.(`steps-${turn}`, steps)
    return ms === undefined ? undefined : { rows: { steps: perSecond(steps, ms) } }
  },
  async latency(side, turn, { latency }) {
    if (side.startToEnd === undefined) return undefined
    const times: number[] = []
    for (const id of idsIn(turn, 'latency', latency)) times.push(await side.startToEnd(id))
    return { rows: { 'start-end-p50': quantile(times, 0.5), 'start-end-p99': quantile(times, 0.99) } }
  },
  async recovery(side, turn) {
    const ms = await side.recovery?.(`recovery-${turn}`)
    return ms === undefined ? undefined : { rows: { recovery: ms } }
  },
  async parking(side, turn, { parking }) {
    const ms = await side.parking?.(idsIn(turn, 'parking', parking))
    return ms === undefined ? undefined : { rows: { parking: perSecond(parking, ms) } }
  },
  async children(side, turn, { children }) {
    const ms = await side.children?.(`children-${turn}`, children)
    return ms === undefined ? undefined : { rows: { children: perSecond(children, ms) } }
  },
}

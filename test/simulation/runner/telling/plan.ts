import type { ChildPlan, Line, Plan, ProcessPlan, Program, RootOptions } from '../../programs/program.ts'
import { secondsIn } from './item.ts'

/** Programs of a plan in words, a line for each process that a caller starts. */
export function planIn({ roots }: Plan): string[] {
  return roots.map((root) => {
    const slot =
      root.slot === undefined ? '' : `, under key ${root.slot.key} of which ${root.slot.limit} may run`
    return `${root.id}${slot}${optionsIn(root.options)}${naturesIn(root)}: ${programIn(root.program)}`
  })
}

function optionsIn({ startAtMs, scope, urgent, timeoutMs }: RootOptions = {}): string {
  return [
    startAtMs === undefined ? '' : `, not before ${secondsIn(startAtMs)}`,
    scope === undefined ? '' : `, in scope ${scope}`,
    urgent === undefined ? '' : ', urgent',
    timeoutMs === undefined ? '' : `, out of time after ${secondsIn(timeoutMs)}`,
  ].join('')
}

function naturesIn({ frail, throws }: ProcessPlan): string {
  return `${frail ? ', abandoned when interrupted' : ''}${throws ? ', throws at its end' : ''}`
}

function programIn(program: Program): string {
  return program.length === 0 ? 'nothing' : program.map(lineIn).join('; ')
}

function lineIn(line: Line): string {
  switch (line.do) {
    case 'step': {
      const fails = line.fails === 0 ? '' : ` that fails ${line.fails} times and is tried ${line.tries}`
      return `a step${fails}${line.takesMs === undefined ? '' : ` of ${secondsIn(line.takesMs)}`}${bytesIn(line.bytes)}`
    }
    case 'once':
      return `an at-most-once step${bytesIn(line.bytes)}`
    case 'sleep':
      return `a sleep of ${secondsIn(line.ms)}`
    case 'signal':
      return `a wait for signal ${line.name}${line.timeoutMs === undefined ? '' : ` of up to ${secondsIn(line.timeoutMs)}`}`
    case 'emit':
      return `an event${bytesIn(line.bytes)}`
    case 'draw':
      return `${line.what} is drawn, and put into a step`
    case 'patched':
      return 'a step that is new from version 1 on'
    case 'child':
      return `a child, awaited ${childIn(line.child)}`
    case 'start':
      return `a child, left behind (at its parent’s end: ${line.onParentEnd}) ${childIn(line.child)}`
    case 'clash':
      return `a child, left behind; an event${bytesIn(line.bytes)}; another child under the same id`
    case 'twice':
      return `a child, started twice and awaited ${childIn(line.child)}`
    case 'flood':
      return `${line.count} events at once`
    case 'shaky':
      return 'a step that a bad deploy renames'
    case 'callback':
      return `a callback${line.timeoutMs === undefined ? '' : ` of up to ${secondsIn(line.timeoutMs)}`}, answered ${line.answers.length} times`
    case 'limited':
      return `a step of ${secondsIn(line.takesMs)} that may take ${secondsIn(line.timeoutMs)}, tried ${line.tries} times`
    case 'until':
      return `a sleep until ${secondsIn(line.atMs)}`
    case 'gather': {
      const branches = line.branches.map(
        ({ program, fails }) => `${programIn(program)}${fails ? ', fails' : ''}`,
      )
      return `side by side, ${line.settle ? 'settled' : 'all'} [${branches.join(' | ')}]`
    }
    case 'guarded':
      return `guarded [${programIn(line.program)}], with clean-up [${programIn(line.cleanUp)}]`
    case 'together': {
      const atOnce = line.atOnce === undefined ? '' : `, ${line.atOnce} at once`
      return `side by side${atOnce} [${line.branches.map(programIn).join(' | ')}]`
    }
  }
}

function childIn(child: ChildPlan): string {
  return `[${programIn(child.program)}${naturesIn(child)}]`
}

/** Small values need no word: they ride in the process item. */
function bytesIn(bytes: number): string {
  return bytes <= 5 ? '' : ` with ${bytes} bytes`
}

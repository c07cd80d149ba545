import type { ChildPlan, Line, Plan, Program, RootOptions, RootPlan } from './program.ts'

/** Plans with something less in them, the biggest cuts first. None is empty of processes. */
export function smallerPlans(plan: Plan): Plan[] {
  const { whenStuck = [] } = plan
  return [
    ...smallerWithout(plan).map((each) => (whenStuck.length === 0 ? each : { ...each, whenStuck })),
    ...whenStuck.map((_, n) => ({ ...plan, whenStuck: whenStuck.toSpliced(n, 1) })),
  ]
}

function smallerWithout(plan: Plan): Plan[] {
  const { roots, asks } = plan
  const fewerRoots =
    roots.length > 1
      ? roots.map((root, n) => ({
          roots: roots.toSpliced(n, 1),
          asks: asks.filter(({ process }) => process !== root.id && !process.startsWith(`${root.id}-`)),
        }))
      : []
  const fewerLines = roots.flatMap((root, n) =>
    smallerPrograms(root.program).map((program) => ({ asks, roots: roots.with(n, { ...root, program }) })),
  )
  // The first start of a process stays: without it nothing is left to see.
  const firsts = new Set(
    roots.map(({ id }) => asks.findIndex((ask) => ask.do === 'start' && ask.process === id)),
  )
  const fewerAsks = asks.flatMap((_, n) => (firsts.has(n) ? [] : [{ roots, asks: asks.toSpliced(n, 1) }]))
  const plainer = roots.flatMap((root, n): Plan[] => {
    const { slot, ...free } = root
    return [
      ...plainerOptions(root).map((plain) => ({ asks, roots: roots.with(n, plain) })),
      ...(slot === undefined ? [] : [{ asks, roots: roots.with(n, free) }]),
      ...(root.frail ? [{ asks, roots: roots.with(n, { ...root, frail: false }) }] : []),
      ...(root.throws ? [{ asks, roots: roots.with(n, { ...root, throws: false }) }] : []),
    ]
  })
  const byClient = asks.flatMap((ask, n): Plan[] =>
    ask.do === 'start' && ask.byMessage ? [{ roots, asks: asks.with(n, { ...ask, byMessage: false }) }] : [],
  )
  return [...fewerRoots, ...fewerLines, ...fewerAsks, ...plainer, ...byClient]
}

/** One option less. */
function plainerOptions({ options = {}, ...root }: RootPlan): RootPlan[] {
  const names = Object.keys(options) as (keyof RootOptions)[]
  if (names.length <= 1) return names.length === 0 ? [] : [root]
  return names.map((name) => {
    const { [name]: _left, ...rest } = options
    return { ...root, options: rest }
  })
}

function smallerPrograms(program: Program): Program[] {
  return program.flatMap((line, n) => [
    program.toSpliced(n, 1),
    ...inlined(line).map((lines) => program.toSpliced(n, 1, ...lines)),
    ...smallerLines(line).map((each) => program.with(n, each)),
  ])
}

/** What stands inside a line, in its place. */
function inlined(line: Line): Program[] {
  if (line.do === 'together') return [...line.branches]
  if (line.do === 'gather') return line.branches.map(({ program }) => program)
  if (line.do === 'guarded') return [line.program, line.cleanUp]
  return line.do === 'child' || line.do === 'start' ? [line.child.program] : []
}

function smallerLines(line: Line): Line[] {
  switch (line.do) {
    case 'step': {
      const { takesMs, ...quick } = line
      const plain = { ...line, fails: 0, bytes: 5 }
      return [...(takesMs === undefined ? [] : [quick]), ...(line.fails > 0 || line.bytes > 5 ? [plain] : [])]
    }
    case 'flood':
      return line.count > 2 ? [{ ...line, count: 2 }] : []
    case 'once':
    case 'clash':
    case 'emit':
      return line.bytes > 5 ? [{ ...line, bytes: 5 }] : []
    case 'sleep':
      return line.ms > 20 ? [{ ...line, ms: line.ms > 3_000 ? 3_000 : 20 }] : []
    case 'callback': {
      const { restMs, ...quick } = line
      const { beatsMs = [] } = line
      const { answers } = line
      return [
        ...(restMs === undefined ? [] : [quick]),
        ...beatsMs.map((_, n) => ({ ...line, beatsMs: beatsMs.toSpliced(n, 1) })),
        ...answers.map((_, n) => ({ ...line, answers: answers.toSpliced(n, 1) })),
        ...answers.flatMap((answer, n) =>
          answer.fails || answer.bytes > 5
            ? [{ ...line, answers: answers.with(n, { ...answer, fails: false, bytes: 5 }) }]
            : [],
        ),
      ]
    }
    case 'child':
      return smallerChildren(line.child).map((child) => ({ ...line, child }))
    case 'start':
      return smallerChildren(line.child).map((child) => ({ ...line, child }))
    case 'together': {
      const { atOnce, ...free } = line
      const { branches } = line
      return [
        ...branches.map((_, n) => ({ ...line, branches: branches.toSpliced(n, 1) })),
        ...branches.flatMap((branch, n) =>
          smallerPrograms(branch).map((each) => ({ ...line, branches: branches.with(n, each) })),
        ),
        ...(atOnce === undefined ? [] : [free]),
      ]
    }
    case 'gather': {
      const { atOnce, ...free } = line
      const { branches } = line
      return [
        ...branches.map((_, n) => ({ ...line, branches: branches.toSpliced(n, 1) })),
        ...branches.flatMap((branch, n) =>
          smallerPrograms(branch.program).map((program) => ({
            ...line,
            branches: branches.with(n, { ...branch, program }),
          })),
        ),
        ...(atOnce === undefined ? [] : [free]),
      ]
    }
    case 'guarded':
      return [
        ...smallerPrograms(line.program).map((program) => ({ ...line, program })),
        ...smallerPrograms(line.cleanUp).map((cleanUp) => ({ ...line, cleanUp })),
      ]
    case 'limited':
    case 'until':
    case 'twice':
    case 'shaky':
    case 'signal':
    case 'draw':
    case 'patched':
      return []
  }
}

function smallerChildren(child: ChildPlan): ChildPlan[] {
  return [
    ...smallerPrograms(child.program).map((program) => ({ ...child, program })),
    ...(child.frail ? [{ ...child, frail: false }] : []),
    ...(child.throws ? [{ ...child, throws: false }] : []),
  ]
}

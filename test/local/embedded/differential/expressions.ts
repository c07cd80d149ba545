import type { Random } from '../../../simulation/world/random.ts'

// Random expressions in the grammar that DynamoDB documents, with a mistake in some.

export type Wire = Record<string, unknown>

const PATHS = [
  'a',
  'b',
  'c',
  'd',
  'e',
  'g',
  'n',
  '#a',
  '#b',
  'm.x',
  'm.#a',
  'm.y.z',
  'l[0]',
  'l[1]',
  'l[2].x',
  'l[7]',
  'ss',
  'ns',
  'bs',
  'nope',
  'nope.x',
  'm',
  'l',
  'a.b',
  's[0]',
] as const
const KEY_PATHS = ['pk', 'sk'] as const
const VALUES = [
  ':s',
  ':t',
  ':e',
  ':n',
  ':i',
  ':x',
  ':b',
  ':o',
  ':u',
  ':l',
  ':m',
  ':ss',
  ':ns',
  ':bs',
  ':ty',
  ':big',
  ':neg',
] as const
const ATTRIBUTE_VALUES: Readonly<Record<string, Wire>> = {
  ':s': { S: 'hello' },
  ':t': { S: 'he' },
  ':e': { S: '' },
  ':n': { N: '5' },
  ':i': { N: '0.1' },
  ':x': { S: 'x' },
  ':b': { B: 'aGU=' },
  ':o': { BOOL: true },
  ':u': { NULL: true },
  ':l': { L: [{ S: 'x' }, { N: '1' }] },
  ':m': { M: { x: { S: 'q' } } },
  ':ss': { SS: ['a', 'x'] },
  ':ns': { NS: ['1', '5'] },
  ':bs': { BS: ['aGU=', 'YQ=='] },
  ':ty': { S: 'SS' },
  ':big': { N: '99999999999999999999999999999999999999' },
  ':neg': { N: '-3.5' },
  ':p': { S: 'p1' },
  ':k': { S: 'k2' },
  ':k9': { S: 'k9' },
  ':g': { S: 'g1' },
}
const NAMES: Readonly<Record<string, string>> = {
  '#a': 'a',
  '#b': 'b.c',
  '#name': 'name',
  '#pk': 'pk',
  '#sk': 'sk',
}
const ODD_TOKENS = [
  'AND',
  'OR',
  'NOT',
  '(',
  ')',
  ',',
  '=',
  '<>',
  '.',
  '[',
  ']',
  '0',
  'IN',
  'BETWEEN',
  'SET',
  'REMOVE',
  ':s',
  'a',
  'name',
  '#zz',
  ':zz',
  '!',
  'size(a)',
  'foo(a)',
  '+',
] as const

export class Expressions {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  condition(depth = 2): string {
    return this.#damaged(this.#condition(depth))
  }

  update(): string {
    const sections = this.#shuffled(['SET', 'REMOVE', 'ADD', 'DELETE'] as const).slice(
      0,
      1 + this.#below(this.#chance(0.3) ? 3 : 1),
    )
    if (this.#chance(0.02)) sections.push('SET')
    const text = sections.map((section) => `${section} ${this.#actions(section)}`).join(' ')
    return this.#damaged(text)
  }

  projection(): string {
    return this.#damaged(this.#list(3, () => this.#path()))
  }

  /** The maps of what the texts refer to; now and then one is missing or not used. */
  placeholders(texts: readonly (string | undefined)[]): Wire {
    const all = texts.join(' ')
    const names = found(all, /#[A-Za-z0-9_]+/g).filter((each) => each in NAMES)
    const values = found(all, /:[A-Za-z0-9_]+/g).filter((each) => each in ATTRIBUTE_VALUES)
    if (this.#chance(0.02)) names.push('#name')
    if (this.#chance(0.02)) values.push(':x')
    if (this.#chance(0.01)) names.pop()
    if (this.#chance(0.01)) values.pop()
    return {
      ...(names.length > 0 && {
        ExpressionAttributeNames: Object.fromEntries(names.map((each) => [each, NAMES[each]])),
      }),
      ...(values.length > 0 && {
        ExpressionAttributeValues: Object.fromEntries(values.map((each) => [each, ATTRIBUTE_VALUES[each]])),
      }),
    }
  }

  keyCondition(index: 'table' | 'g-n' | 'gall'): string {
    const [hash, range] = { table: ['pk', 'sk'], 'g-n': ['g', 'n'], gall: ['g', undefined] }[index] as [
      string,
      string | undefined,
    ]
    const [p, k, k9] = index === 'table' ? [':p', ':k', ':k9'] : [':g', ':neg', ':n']
    const first = this.#chance(0.95)
      ? `${hash} = ${p}`
      : `${this.#pick([hash, 'a', 'pk'])} ${this.#pick(['=', '>', '<>'])} ${this.#pick([p, ':n', ':e'])}`
    if (range === undefined || this.#chance(0.3)) return this.#rarelyDamaged(first)
    const second = this.#pick([
      `${range} = ${k}`,
      `${range} < ${k}`,
      `${range} <= ${k}`,
      `${range} > ${k}`,
      `${range} >= ${k}`,
      `${range} BETWEEN ${k} AND ${k9}`,
      ...(index === 'table' ? [`begins_with(${range}, ${k})`, `begins_with(${range}, :x)`] : []),
      `${k} < ${range}`,
    ])
    return this.#rarelyDamaged(this.#chance(0.9) ? `${first} AND ${second}` : `${second} AND ${first}`)
  }

  #condition(depth: number): string {
    if (depth > 0 && this.#chance(0.4)) {
      const [left, right] = [this.#condition(depth - 1), this.#condition(depth - 1)]
      return this.#pick([
        `${left} AND ${right}`,
        `${left} OR ${right}`,
        `NOT ${left}`,
        `(${left}) AND ${right}`,
        `NOT (${left} OR ${right})`,
        `(${left})`,
      ])
    }
    return this.#pick([
      () => `${this.#operand()} ${this.#pick(['=', '<>', '<', '<=', '>', '>='])} ${this.#operand()}`,
      () => `${this.#anyPath()} = ${this.#value()}`,
      () => `${this.#path()} BETWEEN ${this.#operand()} AND ${this.#operand()}`,
      () => `${this.#operand()} IN (${this.#list(3, () => this.#operand())})`,
      () => `attribute_exists(${this.#anyPath()})`,
      () => `attribute_not_exists(${this.#anyPath()})`,
      () => `attribute_type(${this.#path()}, ${this.#pick([':ty', ':ty', ':s', ':n'])})`,
      () => `begins_with(${this.#operand()}, ${this.#operand()})`,
      () => `contains(${this.#operand()}, ${this.#operand()})`,
      () => `size(${this.#path()}) ${this.#pick(['=', '<', '>', '<>'])} ${this.#value()}`,
    ])()
  }

  #actions(section: 'SET' | 'REMOVE' | 'ADD' | 'DELETE'): string {
    return this.#list(3, () => {
      switch (section) {
        case 'SET':
          return `${this.#path()} = ${this.#assigned()}`
        case 'REMOVE':
          return this.#path()
        case 'ADD':
          return `${this.#path()} ${this.#pick([':n', ':i', ':neg', ':ss', ':ns', ':bs', ':big', ':s'])}`
        case 'DELETE':
          return `${this.#path()} ${this.#pick([':ss', ':ns', ':bs', ':ss', ':n'])}`
      }
    })
  }

  #assigned(): string {
    return this.#pick([
      () => this.#value(),
      () => this.#value(),
      () => this.#path(),
      () => `${this.#term()} + ${this.#term()}`,
      () => `${this.#term()} - ${this.#pick([':n', ':i', ':neg'])}`,
      () => `if_not_exists(${this.#path()}, ${this.#value()})`,
      () =>
        `list_append(${this.#pick(['l', ':l', 'nope', 'if_not_exists(e, :l)'])}, ${this.#pick(['l', ':l', ':s'])})`,
      () => `(${this.#value()})`,
    ])()
  }

  #term(): string {
    return this.#pick([
      'n',
      'c',
      'l[1]',
      ':n',
      ':i',
      ':neg',
      'if_not_exists(c, :n)',
      'if_not_exists(nope, :i)',
      'nope',
      'ns',
      ':big',
    ])
  }

  #operand(): string {
    return this.#pick([
      () => this.#path(),
      () => this.#value(),
      () => this.#value(),
      () => `size(${this.#path()})`,
    ])()
  }

  #path(): string {
    return this.#pick(PATHS)
  }

  #anyPath(): string {
    return this.#chance(0.3) ? this.#pick(KEY_PATHS) : this.#path()
  }

  #value(): string {
    return this.#pick(VALUES)
  }

  #list(max: number, make: () => string): string {
    return Array.from({ length: 1 + this.#below(max) }, make).join(', ')
  }

  #rarelyDamaged(text: string): string {
    return this.#chance(0.5) ? text : this.#damaged(text)
  }

  #damaged(text: string): string {
    if (!this.#chance(0.06)) return text
    const words = text.match(/[A-Za-z_]+\(|[#:]?[A-Za-z0-9_]+|<>|<=|>=|\s+|./g) ?? []
    const at = this.#below(words.length)
    const odd = this.#pick(ODD_TOKENS)
    const kept = words.slice(at + 1)
    return [
      ...words.slice(0, at),
      ...this.#pick([[], [words[at], ' ', words[at]], [' ', odd, ' '], [words[at], ' ', odd, ' ']]),
      ...kept,
    ].join('')
  }

  #shuffled<T>(all: readonly T[]): T[] {
    return all
      .map((each) => ({ each, at: this.#random.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ each }) => each)
  }

  #pick<T>(all: readonly T[]): T {
    return all[this.#below(all.length)] as T
  }

  #below(count: number): number {
    return Math.floor(this.#random.next() * count)
  }

  #chance(of: number): boolean {
    return this.#random.next() < of
  }
}

function found(text: string, pattern: RegExp): string[] {
  return [...new Set(text.match(pattern) ?? [])]
}

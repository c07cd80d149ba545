import { invalid, type Refusal } from '../refusal.ts'
import { tokensOf, type Token } from './lexer.ts'
import type { FunctionCall, ExpressionName, Operand, Path, PathStep, ValueName } from './syntax.ts'

/** "The maximum length of any expression string is 4 KB." */
const EXPRESSION_MAX_BYTES = 4_096
/** "The maximum number of operators or functions in any UpdateExpression is 300." Conditions have the same bound. */
const OPERATORS_MAX = 300
/** "DynamoDB supports nested attributes up to 32 levels deep." */
const PATH_STEPS_MAX = 32
/** An index with more digits is beyond any list that fits an item. */
const INDEX_MAX = 2 ** 31 - 1

/** Reads what all expressions share: words, paths, operands and function calls. */
export class ExpressionReader {
  readonly expression: ExpressionName
  readonly #text: string
  readonly #tokens: readonly Token[]
  #at = 0
  #operators = 0
  #flaw: Refusal | undefined

  constructor(expression: ExpressionName, text: string) {
    this.expression = expression
    this.#text = text
    if (text === '') throw this.refusal('The expression can not be empty;')
    const bytes = Buffer.byteLength(text)
    if (bytes > EXPRESSION_MAX_BYTES)
      throw this.refusal(`Expression size has exceeded the maximum allowed size; expression size: ${bytes}`)
    this.#tokens = tokensOf(text)
  }

  get token(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '<EOF>', start: 0, end: 0 }
  }

  /** Whether the next word is this keyword or symbol; a name is neither. */
  sees(text: string): boolean {
    const { token } = this
    return token.text === text && (token.kind === 'keyword' || token.kind === 'symbol')
  }

  takes(text: string): boolean {
    const seen = this.sees(text)
    if (seen) this.#at += 1
    return seen
  }

  expect(text: string): void {
    if (!this.takes(text)) throw this.syntaxError()
  }

  /** Throws unless the whole text was read, and has no flaw beside its syntax. */
  end(): void {
    if (this.token.kind !== 'end') throw this.syntaxError()
    if (this.#flaw !== undefined) throw this.#flaw
  }

  /** A flaw that is refused only if the text has no syntax error; the first counts. */
  flaw(message: string): void {
    this.#flaw ??= this.refusal(message)
  }

  take(): Token {
    const { token } = this
    this.#at += 1
    return token
  }

  refusal(message: string): Refusal {
    return invalid(`Invalid ${this.expression}: ${message}`)
  }

  /** Names the next word, and shows it between its neighbours. */
  syntaxError(): Refusal {
    const [before, { token }, after] = [this.#tokens[this.#at - 1], this, this.#tokens[this.#at + 1]]
    const near = this.#text.slice(before?.start ?? 0, (after ?? token).end)
    const shown = this.#text.slice(token.start, token.end)
    return this.refusal(
      `Syntax error; token: "${token.kind === 'end' ? token.text : shown}", near: "${near}"`,
    )
  }

  countOperator(): void {
    this.#operators += 1
    if (this.#operators > OPERATORS_MAX)
      this.flaw(`The expression contains too many operators; operator count: ${this.#operators}`)
  }

  redundantParentheses(): void {
    this.flaw('The expression has redundant parentheses;')
  }

  /** `a.#b[0].c` */
  path(): Path {
    const steps: PathStep[] = [this.#name()]
    for (;;) {
      if (this.takes('.')) steps.push(this.#name())
      else if (this.takes('[')) {
        if (this.token.kind !== 'number') throw this.syntaxError()
        const index = Number(this.take().text)
        this.expect(']')
        if (index > INDEX_MAX) this.flaw(`List index is not within the allowable range; index: [${index}]`)
        steps.push(index)
      } else break
    }
    if (steps.length > PATH_STEPS_MAX)
      this.flaw(`The document path has too many nesting levels; nesting levels: ${steps.length}`)
    return { kind: 'path', steps }
  }

  /** A placeholder of a value, a path, or a call; in parentheses too. */
  operand(): Operand {
    if (this.takes('(')) {
      const doubled = this.sees('(')
      const inner = this.operand()
      this.expect(')')
      if (doubled) this.redundantParentheses()
      return inner
    }
    return this.plainOperand()
  }

  plainOperand(): Operand {
    if (this.token.kind === 'value') return this.valueName()
    const [{ token }, next] = [this, this.#tokens[this.#at + 1]]
    if (token.kind === 'name' && next?.kind === 'symbol' && next.text === '(') return this.#call()
    return this.path()
  }

  valueName(): ValueName {
    if (this.token.kind !== 'value') throw this.syntaxError()
    return { kind: 'value', name: this.take().text }
  }

  #call(): FunctionCall {
    const name = this.take().text
    this.expect('(')
    const operands: Operand[] = []
    do operands.push(this.operand())
    while (this.takes(','))
    this.expect(')')
    this.countOperator()
    return { kind: 'call', name, operands }
  }

  #name(): string {
    if (this.token.kind !== 'name' && this.token.kind !== 'placeholder') throw this.syntaxError()
    return this.take().text
  }
}

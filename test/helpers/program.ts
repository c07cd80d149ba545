import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const CLI = join(import.meta.dirname, '../../bin/leasehold.ts')

/** The command as a user runs it, with what it has printed so far. */
export class Program {
  readonly child: ChildProcess
  readonly code: Promise<number | null>
  out = ''
  err = ''

  /** `command`: the command as it is installed somewhere. Default: that of the sources. */
  constructor(
    args: readonly string[],
    { cwd, env = {}, command }: { cwd: string; env?: NodeJS.ProcessEnv; command?: string },
  ) {
    const around = { cwd, env: { ...process.env, ...env } }
    this.child =
      command === undefined ? spawn(process.execPath, [CLI, ...args], around) : spawn(command, args, around)
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.out += text))
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.err += text))
    this.code = once(this.child, 'close').then(([status]) => status as number | null)
  }

  /** Resolves when its standard output matches, from the end of the match before on. Rejects if the program ends first. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const rest = this.out.slice(this.#read)
      const match = pattern.exec(rest)
      if (match !== null) {
        this.#read += match.index + match[0].length
        return match
      }
      const said = once(this.child.stdout!, 'data').then(() => false)
      const ended = this.code.then(() => true)
      if (await Promise.race([said, ended]))
        throw new Error(`it ended before it said ${pattern}: ${this.out}${this.err}`)
    }
  }
  #read = 0
}

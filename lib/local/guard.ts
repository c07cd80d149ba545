import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'

// Runs a program that knows nothing of its parent, and ends it when the parent is gone.
//
//   node guard.ts <folder> <command> [argument …]
//
// The parent holds the other end of this process's standard input and writes nothing to it. However the parent ends,
// SIGKILL included, the kernel closes that pipe; the guard then kills the program and removes its folder. The guard
// runs in a session of its own, so that a Ctrl-C in the terminal reaches the parent alone, which stops things in order.

const [folder = '', command = '', ...args] = process.argv.slice(2)

const program = spawn(command, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
program.once('spawn', () => process.stdout.write(`guarding ${program.pid}\n`))
program.once('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  leave(127)
})
program.once('exit', (code) => leave(code ?? 1))

process.stdin.resume()
for (const end of ['end', 'close', 'error']) process.stdin.once(end, () => program.kill('SIGKILL'))
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => program.kill('SIGKILL'))
}
// The parent is no longer there to read.
process.stdout.on('error', () => undefined)

function leave(code: number): void {
  rmSync(folder, { recursive: true, force: true })
  process.exit(code)
}

import { spawn } from 'node:child_process'

/** The program that opens an address with what a person uses for it. */
export function openerOf(platform: NodeJS.Platform): readonly [program: string, ...args: string[]] {
  if (platform === 'darwin') return ['open']
  // `start` would read the address as a command line; this one takes it as it is.
  return platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler'] : ['xdg-open']
}

/** Opens an address in the browser. If there is no way to, says so: the address is printed anyway. */
export function openPage(url: string, note: (text: string) => void): void {
  const [program, ...args] = openerOf(process.platform)
  const opener = spawn(program, [...args, url], { stdio: 'ignore', detached: true })
  opener.once('error', () => note(`no browser could be opened by ${program}: open the address yourself`))
  opener.unref()
}

import { spec } from '../spec.ts'

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const

export const COMPLETION = spec({
  name: 'completion',
  summary: 'Prints a script that completes commands and options in a shell.',
  args: { shell: { about: `the shell: ${SHELLS.join(', ')}` } },
  options: {},
  takes: [],
  examples: [
    ['completion bash >> ~/.bashrc', 'for bash'],
    ['completion zsh > ~/.zfunc/_leasehold', 'for zsh'],
  ],
})

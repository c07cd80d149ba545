import { stored } from './browser.ts'

// The secret of the session. It comes in the fragment of the address, which browsers send to no server, and leaves the
// address at once, so that it is in no history and no screenshot.

const NAME = 'leasehold-session'
let secret: string | undefined

export function takeSecret(): void {
  const { hash, pathname, search } = location
  const given = new URLSearchParams(hash.slice(1)).get('s')
  if (given === null || given === '') {
    secret = stored.get('tab', NAME)
    return
  }
  secret = given
  stored.set('tab', NAME, given)
  history.replaceState(null, '', `${pathname}${search}`)
}

export function sessionSecret(): string {
  return secret ?? ''
}

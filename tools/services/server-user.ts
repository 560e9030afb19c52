import { readFileSync } from 'node:fs'

/** A user of this system to run a server as, when this process is root and the server refuses to be. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/** The first of the named users that exists, when this process is root; otherwise undefined: stay who you are. */
export function unprivilegedUser(names: readonly string[]): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  for (const name of names) {
    const [, , uid, gid] = users.find(([user]) => user === name) ?? []
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error(`None of the users ${names.join(', ')} exists, and root may not run this server`)
}

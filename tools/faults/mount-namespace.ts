import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ServiceUnavailable } from '../services/service-unavailable.ts'
import type { Extent, Fault } from './fault.ts'
import type { Outcome } from './make-here.ts'
import type { Backend } from './world.ts'

// Who is root stays root, so that servers can be run as users of their own; others get the right to mount, and no more.
const unshare =
  process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '--map-current-user', '--keep-caps', '-m']

/**
 * Makes a fault in a process that may mount; nothing stays mounted after it.
 * @throws ServiceUnavailable on a machine that does not let it, or that lacks a server
 */
export async function makeWithMounts(fault: Fault, backend: Backend, extent: Extent): Promise<Outcome> {
  const [command = '', ...args] = unshare
  if (spawnSync(command, [...args, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status !== 0) {
    throw new ServiceUnavailable(`This machine does not let tests mount file systems (${unshare.join(' ')})`)
  }
  const child = fork(fileURLToPath(new URL('make-one.ts', import.meta.url)), {
    execPath: command,
    execArgv: [...args, process.execPath, '--conditions=@nebula-credential/source'],
  })
  const answer = once(child, 'message').then(([message]) => message as Answer)
  const ended = once(child, 'exit').then(([code, signal]): Answer => {
    throw new Error(`The process that makes the fault ended with ${signal ?? code}`)
  })
  child.send({ name: fault.name, backend, extent } satisfies Order)
  try {
    const outcome = await Promise.race([answer, ended])
    if ('unavailable' in outcome) throw new ServiceUnavailable(outcome.unavailable)
    return outcome
  } finally {
    ended.catch(() => {})
    child.disconnect()
  }
}

/** What the process is told. */
export interface Order {
  readonly name: string
  readonly backend: Backend
  readonly extent: Extent
}

/** What it answers: what came of the fault, or that a server it needs is not here. */
export type Answer = Outcome | { readonly unavailable: string }

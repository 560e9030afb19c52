import { type BackendName, backends } from '../backend/backend.ts'
import { openManager } from '../open-manager.ts'
import type { WorkerProcess } from './worker-process.ts'

/** What a worker was started with: see {@link WorkerProcess}. */
export function startWorker(fetch?: typeof globalThis.fetch) {
  const [backend, folder = '', ...args] = process.argv.slice(2)
  const opened = backends[backend as BackendName](folder)
  return { manager: openManager(opened, process.env.NEBULA_PASSPHRASE, fetch), args }
}

export function tell(message: unknown): void {
  process.send?.(message)
}

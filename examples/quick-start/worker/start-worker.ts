import { openManager } from '../open-manager.ts'
import type { Place } from '../place.ts'
import type { WorkerProcess } from './worker-process.ts'

/** What a worker was started with: see {@link WorkerProcess}. */
export function startWorker(fetch?: typeof globalThis.fetch) {
  const place = JSON.parse(process.env.NEBULA_PLACE ?? '') as Place
  return { manager: openManager(place, fetch), args: process.argv.slice(2) }
}

export function tell(message: unknown): void {
  process.send?.(message)
}

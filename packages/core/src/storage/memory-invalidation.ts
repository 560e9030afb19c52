import type { Invalidation, InvalidationMessage } from './invalidation.ts'
import { type Listener, MemoryBackend } from './memory-backend.ts'
import { OpenState } from './open-state.ts'

/** Invalidation between the parts of one process. Nothing can be missed, so `onGap` is never called. */
export class MemoryInvalidation implements Invalidation {
  readonly #backend: MemoryBackend
  readonly #mine = new Set<Listener>()
  readonly #state = new OpenState('memory invalidation')

  constructor(backend: MemoryBackend = new MemoryBackend()) {
    this.#backend = backend
  }

  async publish(message: InvalidationMessage): Promise<void> {
    this.#state.assertOpen()
    for (const listener of this.#backend.listeners) {
      // As from a server, it arrives later, and not at a listener that has gone meanwhile.
      queueMicrotask(() => {
        if (this.#backend.listeners.has(listener)) listener.onMessage({ ...message })
      })
    }
  }

  async subscribe(onMessage: (message: InvalidationMessage) => void): Promise<() => Promise<void>> {
    this.#state.assertOpen()
    const listener = { onMessage }
    this.#mine.add(listener)
    this.#backend.listeners.add(listener)
    return async () => this.#forget(listener)
  }

  async close(): Promise<void> {
    this.#state.close()
    for (const listener of this.#mine) this.#forget(listener)
  }

  #forget(listener: Listener): void {
    this.#mine.delete(listener)
    this.#backend.listeners.delete(listener)
  }
}

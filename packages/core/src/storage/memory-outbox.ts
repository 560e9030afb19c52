import { credentialKey } from '../record/ids.ts'
import { MemoryBackend } from './memory-backend.ts'
import { OpenState } from './open-state.ts'
import type { Outbox, OutboxEntry } from './outbox.ts'

/** An outbox in this process's memory: **its entries die with the process.** */
export class MemoryOutbox implements Outbox {
  readonly name = 'memory'
  readonly #backend: MemoryBackend
  readonly #state = new OpenState('memory outbox')

  constructor(backend: MemoryBackend = new MemoryBackend()) {
    this.#backend = backend
  }

  async put(entry: OutboxEntry): Promise<void> {
    this.#state.assertOpen()
    const key = credentialKey(entry.tenantId, entry.id)
    const entries = this.#backend.outbox.get(key) ?? new Map<string, OutboxEntry>()
    entries.set(entry.attemptId, isolate(entry))
    this.#backend.outbox.set(key, entries)
  }

  async list(tenantId: string, id: string): Promise<readonly OutboxEntry[]> {
    this.#state.assertOpen()
    const entries = [...(this.#backend.outbox.get(credentialKey(tenantId, id))?.values() ?? [])]
    return entries.sort((left, right) => left.createdAt - right.createdAt).map(isolate)
  }

  async remove(tenantId: string, id: string, attemptId: string): Promise<void> {
    this.#state.assertOpen()
    const key = credentialKey(tenantId, id)
    const entries = this.#backend.outbox.get(key)
    entries?.delete(attemptId)
    if (entries?.size === 0) this.#backend.outbox.delete(key)
  }

  async close(): Promise<void> {
    this.#state.close()
  }
}

function isolate(entry: OutboxEntry): OutboxEntry {
  return { ...entry, sealed: new Uint8Array(entry.sealed) }
}

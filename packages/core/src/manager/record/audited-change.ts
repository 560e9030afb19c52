import type { AuditEvent } from '../../audit/audit-event.ts'
import type { RecordChange } from '../../storage/state-store.ts'
import type { Runtime } from '../runtime.ts'

/**
 * A change that the audit tells of: in one atomic step where the store keeps its own audit, else the audit first, so
 * that there is no change without its event. It may take several tries; the audit tells of it once.
 */
export class AuditedChange {
  readonly #runtime: Runtime
  #isTold = false

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** @throws CredentialError as the store's method does; STORAGE_UNAVAILABLE when the audit cannot be written */
  async make(event: AuditEvent, change: RecordChange): Promise<void> {
    const { audit, writeAudited } = this.#runtime
    if (writeAudited !== undefined) {
      this.#isTold = true
      return audit.write(event, append => writeAudited(change, append))
    }
    if (!this.#isTold) await audit.write(event)
    this.#isTold = true
    await this.#apply(change)
  }

  /** Tells the audit that the change failed in the end. */
  fail(event: AuditEvent): void {
    if (this.#isTold) this.#runtime.audit.queue(event)
  }

  #apply(change: RecordChange): Promise<void> {
    const { store } = this.#runtime
    switch (change.method) {
      case 'create':
        return store.create(change.record)
      case 'replace':
        return store.replace(change.record)
      case 'delete':
        return store.delete(change.key, change.expectedVersion)
    }
  }
}

import type { RecordedEvent } from '../audit/event-text.ts'
import { auditedGenerations, readAudit } from '../audit/read-audit.ts'
import { type AuditReport, verifyAudit } from '../audit/verify-audit.ts'
import { CredentialError } from '../errors.ts'
import type { ListFilter } from '../storage/state-store.ts'
import { type CredentialPage, type ListOptions, listAllCredentials } from './lifecycle/list-credentials.ts'
import { auditEvent, type BoundContext, type Runtime } from './runtime.ts'

/** A record that was put back to an earlier generation, which its seal alone cannot tell. */
export interface RollBack {
  readonly credentialId: string
  readonly storedGeneration: number
  readonly auditedGeneration: number
}

/** What an operator may do over all tenants. It never yields a token. */
export class OperatorView {
  readonly #runtime: Runtime
  readonly #actor: BoundContext

  /** Made by `manager.operator`. */
  constructor(runtime: Runtime, actor: BoundContext) {
    this.#runtime = runtime
    this.#actor = actor
  }

  /** One page of the credentials of all tenants, or of one. @throws CredentialError INPUT_INVALID */
  async list(
    options?: Omit<ListOptions, 'accounts'> & Pick<ListFilter, 'tenantId'>,
  ): Promise<CredentialPage> {
    return listAllCredentials(this.#open(), this.#actor, options)
  }

  /**
   * Checks every entry of the audit, of one tenant or of all.
   * @throws CredentialError STORAGE_UNAVAILABLE when the sink cannot be read
   */
  async verifyAudit(options: { readonly tenantId?: string | undefined } = {}): Promise<AuditReport> {
    const { audit, auditSink, auditKeys, anchors } = this.#open()
    await audit.flush()
    const report = await verifyAudit({
      sink: auditSink,
      keys: auditKeys,
      anchors,
      tenantId: options.tenantId,
    })
    const outcome = report.intact ? 'success' : 'violation'
    await audit.write(auditEvent(this.#runtime, this.#actor, { action: 'operator.verify_audit', outcome }))
    return report
  }

  /**
   * The events of a tenant, or of one credential of it, oldest first within a credential.
   * @throws CredentialError AUDIT_BROKEN at the first entry that cannot be believed
   */
  async *readAudit(options: {
    readonly tenantId: string
    readonly credentialId?: string | undefined
  }): AsyncGenerator<RecordedEvent> {
    const { audit, auditSink, auditKeys } = this.#open()
    await audit.write(
      auditEvent(this.#runtime, this.#actor, { action: 'operator.read_audit', outcome: 'success' }),
    )
    await audit.flush()
    yield* readAudit({ sink: auditSink, keys: auditKeys, ...options })
  }

  /**
   * The credentials of a tenant whose stored generation is below the one that the audit tells of.
   * @throws CredentialError AUDIT_BROKEN, STORAGE_UNAVAILABLE
   */
  async *findRollBacks(options: { readonly tenantId: string }): AsyncGenerator<RollBack> {
    const { audit, auditSink, auditKeys, store } = this.#open()
    await audit.flush()
    const audited = auditedGenerations({ sink: auditSink, keys: auditKeys, tenantId: options.tenantId })
    for await (const { credentialId, generation, isDeleted } of audited) {
      if (isDeleted) continue
      const record = await store.get(options.tenantId, credentialId)
      if (record === undefined || record.generation >= generation) continue
      yield { credentialId, storedGeneration: record.generation, auditedGeneration: generation }
    }
  }

  #open(): Runtime {
    if (!this.#runtime.closed.aborted) return this.#runtime
    throw new CredentialError('CLOSED', 'The credential manager is closed; build a new one')
  }
}

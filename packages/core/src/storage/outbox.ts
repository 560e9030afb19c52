/**
 * Where a refreshed state goes when the store refuses it after the provider granted it. An entry is sealed; whoever
 * refreshes the credential next adopts it.
 */
export interface Outbox {
  /** Names the place, so that an intent can say where its result would be: `file /var/lib/nebula.db.outbox`. */
  readonly name: string
  /** Acknowledges only when the entry is durable. Putting the same attempt again replaces it. */
  put(entry: OutboxEntry): Promise<void>
  /** The entries of one credential, oldest first. */
  list(tenantId: string, id: string): Promise<readonly OutboxEntry[]>
  /** Forgets one attempt's entry. Removing what is not there does nothing. */
  remove(tenantId: string, id: string, attemptId: string): Promise<void>
  close(): Promise<void>
}

export interface OutboxEntry {
  readonly tenantId: string
  readonly id: string
  readonly attemptId: string
  /** The generation the refresh started from. */
  readonly generation: number
  /** The new state, sealed for the outbox. */
  readonly sealed: Uint8Array
  /** Epoch ms. */
  readonly createdAt: number
}

import { OpenState, type Outbox, type OutboxEntry } from '@nebula-credential/core'
import type { PostgresConnection } from './connection.ts'

/** Keeps grants in the table `outbox_entry`. What was put is committed. */
export class PostgresOutbox implements Outbox {
  /** Without the server's address: a process that reaches the same table by another route must know it again. */
  readonly name: string
  readonly #connection: PostgresConnection
  readonly #state: OpenState

  constructor(connection: PostgresConnection) {
    this.#connection = connection
    this.name = `postgres outbox in schema ${connection.options.schema}`
    this.#state = new OpenState(`outbox of ${connection.name}`)
  }

  async put(entry: OutboxEntry): Promise<void> {
    this.#state.assertOpen()
    const { tenantId, id, attemptId, generation, sealed, createdAt } = entry
    await this.#connection.run(sql.put, [tenantId, id, attemptId, generation, sealed, createdAt])
  }

  async list(tenantId: string, id: string): Promise<readonly OutboxEntry[]> {
    this.#state.assertOpen()
    const { rows } = await this.#connection.run(sql.list, [tenantId, id])
    return rows.map(([attemptId, generation, sealed, createdAt]) => ({
      tenantId,
      id,
      attemptId: attemptId as string,
      generation: generation as number,
      sealed: Buffer.from(sealed as string, 'base64'),
      createdAt: createdAt as number,
    }))
  }

  async remove(tenantId: string, id: string, attemptId: string): Promise<void> {
    this.#state.assertOpen()
    await this.#connection.run(sql.remove, [tenantId, id, attemptId])
  }

  async close(): Promise<void> {
    if (this.#state.closed) return
    this.#state.close()
    await this.#connection.leave()
  }
}

const sql = {
  put: `INSERT INTO {schema}.outbox_entry (tenant_id, id, attempt_id, generation, sealed, created_at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, id, attempt_id) DO UPDATE
    SET generation = excluded.generation, sealed = excluded.sealed, created_at = excluded.created_at`,
  list: `SELECT attempt_id, generation, encode(sealed, 'base64'), created_at FROM {schema}.outbox_entry
    WHERE tenant_id = $1 AND id = $2 ORDER BY created_at, attempt_id`,
  remove: 'DELETE FROM {schema}.outbox_entry WHERE tenant_id = $1 AND id = $2 AND attempt_id = $3',
} as const

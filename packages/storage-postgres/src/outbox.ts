import { OpenState, type Outbox, type OutboxEntry } from '@nebula-credential/core'
import type { PostgresConnection } from './connection.ts'
import { statements } from './generated/statements.ts'

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
    await this.#connection.run(statements.putOutboxEntry, [
      tenantId,
      id,
      attemptId,
      generation,
      sealed,
      createdAt,
    ])
  }

  async list(tenantId: string, id: string): Promise<readonly OutboxEntry[]> {
    this.#state.assertOpen()
    const { rows } = await this.#connection.run(statements.listOutboxEntries, [tenantId, id])
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
    await this.#connection.run(statements.removeOutboxEntry, [tenantId, id, attemptId])
  }

  async close(): Promise<void> {
    if (this.#state.closed) return
    this.#state.close()
    await this.#connection.leave()
  }
}

import {
  type AuditEntry,
  type AuditSink,
  assertFollows,
  type ChainHead,
  CredentialError,
  OpenState,
} from '@nebula-credential/core'
import { appendValues } from './append-values.ts'
import type { PostgresConnection } from './connection.ts'
import type { Row } from './statement.ts'

/** Keeps audit chains. An append moves the chain's head and inserts its entries in one statement. */
export class PostgresAuditSink implements AuditSink {
  readonly name: string
  readonly #connection: PostgresConnection
  readonly #state: OpenState

  constructor(connection: PostgresConnection) {
    this.#connection = connection
    this.name = connection.name
    this.#state = new OpenState(`audit sink ${this.name}`)
  }

  async head(chain: string): Promise<ChainHead | undefined> {
    const [row] = await this.#select(sql.head, [chain])
    return row && headOf(row)
  }

  async append(chain: string, entries: readonly AuditEntry[], expectedSequence: number): Promise<void> {
    this.#state.assertOpen()
    const append = { chain, entries, expectedSequence }
    assertFollows(append)
    if (entries.length === 0) return
    const text = expectedSequence === 0 ? sql.start : sql.append
    const { rowCount } = await this.#connection.run(text, appendValues(append))
    if (rowCount > 0) return
    throw new CredentialError(
      'VERSION_CONFLICT',
      `Audit chain ${chain} is not at sequence ${expectedSequence}; read its head again`,
    )
  }

  async read(chain: string, fromSequence: number, limit: number): Promise<readonly AuditEntry[]> {
    const rows = await this.#select(sql.read, [chain, fromSequence, limit])
    return rows.map(row => ({
      sequence: row[0] as number,
      previousHash: row[1] as string,
      hash: row[2] as string,
      keyId: row[3] as string,
      event: row[4] as string,
    }))
  }

  async heads(prefix: string, limit: number, cursor?: string): Promise<readonly ChainHead[]> {
    // No name is before ''.
    const rows = await this.#select(sql.heads, [prefix, cursor ?? '', limit])
    return rows.map(headOf)
  }

  async close(): Promise<void> {
    if (this.#state.closed) return
    this.#state.close()
    await this.#connection.leave()
  }

  async #select(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    this.#state.assertOpen()
    const { rows } = await this.#connection.run(text, values)
    return rows
  }
}

const insertEntries = `INSERT INTO {schema}.audit_entry (chain_id, sequence, previous_hash, hash, key_id, event)
  SELECT moved.chain_id, entry.* FROM moved,
    unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) AS entry`

const sql = {
  head: 'SELECT name, sequence, hash FROM {schema}.audit_chain WHERE name = $1',
  start: `WITH moved AS (
      INSERT INTO {schema}.audit_chain (name, sequence, hash) VALUES ($1, $2, $3)
      ON CONFLICT (name) DO NOTHING RETURNING chain_id
    ) ${insertEntries}`,
  append: `WITH moved AS (
      UPDATE {schema}.audit_chain SET sequence = $2, hash = $3 WHERE name = $1 AND sequence = $9
      RETURNING chain_id
    ) ${insertEntries}`,
  read: `SELECT entry.sequence, entry.previous_hash, entry.hash, entry.key_id, entry.event
    FROM {schema}.audit_entry AS entry
    WHERE entry.chain_id = (SELECT chain_id FROM {schema}.audit_chain WHERE name = $1) AND entry.sequence >= $2
    ORDER BY entry.sequence LIMIT $3`,
  heads: `SELECT name, sequence, hash FROM {schema}.audit_chain WHERE name ^@ $1 AND name > $2
    ORDER BY name LIMIT $3`,
} as const

function headOf([chain, sequence, hash]: Row): ChainHead {
  return { chain: chain as string, sequence: sequence as number, hash: hash as string }
}

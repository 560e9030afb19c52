import {
  type AuditAppend,
  type AuditEntry,
  type AuditSink,
  assertFollows,
  type ChainHead,
  CredentialError,
} from '@nebula-credential/core'
import { SqliteConnection } from './connection.ts'
import type { SqliteOptions } from './options.ts'

/**
 * Keeps audit chains in an SQLite file. An append that has resolved is on disk: were the last appends lost with the
 * power, an anchor taken after them would report a chain cut short, as after an attack.
 */
export class SqliteAuditSink implements AuditSink {
  readonly name: string
  readonly #connection: SqliteConnection

  /** @throws CredentialError CONFIG_INVALID */
  constructor(path: string, options: SqliteOptions = {}) {
    this.#connection = new SqliteConnection(path, 'power-loss', options)
    this.name = `sqlite ${this.#connection.path}`
  }

  async head(chain: string): Promise<ChainHead | undefined> {
    const row = await this.#connection.run(connection => connection.statement(sql.head).get(chain))
    return row && { chain, sequence: row.sequence as number, hash: row.hash as string }
  }

  async append(chain: string, entries: readonly AuditEntry[], expectedSequence: number): Promise<void> {
    const append = { chain, entries, expectedSequence }
    assertFollows(append)
    if (entries.length === 0) return
    const done = await this.#connection.run(connection =>
      connection.transaction(() => appendEntries(connection, append)),
    )
    if (done) return
    throw new CredentialError(
      'VERSION_CONFLICT',
      `Audit chain ${chain} is not at sequence ${expectedSequence}; read its head again`,
    )
  }

  async read(chain: string, fromSequence: number, limit: number): Promise<readonly AuditEntry[]> {
    const rows = await this.#connection.run(connection =>
      connection.statement(sql.read).all(chain, fromSequence, limit),
    )
    return rows.map(row => ({
      sequence: row.sequence as number,
      previousHash: row.previous_hash as string,
      hash: row.hash as string,
      keyId: row.key_id as string,
      event: row.event as string,
    }))
  }

  async heads(prefix: string, limit: number, cursor?: string): Promise<readonly ChainHead[]> {
    return this.#connection.run(connection => {
      const heads: ChainHead[] = []
      // Ordered by name: those with the prefix come first, and nothing is read past them. No name is before ''.
      const afterCursor = cursor ?? ''
      for (const row of connection.statement(sql.heads).iterate(prefix, afterCursor, limit)) {
        const chain = row.name as string
        if (!chain.startsWith(prefix)) break
        heads.push({ chain, sequence: row.sequence as number, hash: row.hash as string })
      }
      return heads
    })
  }

  async close(): Promise<void> {
    this.#connection.close()
  }
}

const sql = {
  head: 'SELECT sequence, hash FROM audit_chain WHERE name = ?',
  startChain: `INSERT INTO audit_chain (sequence, hash, name) VALUES (?, ?, ?)
    ON CONFLICT (name) DO NOTHING RETURNING chain_id`,
  moveHead:
    'UPDATE audit_chain SET sequence = ?, hash = ? WHERE name = ? AND sequence = ? RETURNING chain_id',
  insertEntry: `INSERT INTO audit_entry (chain_id, sequence, previous_hash, hash, key_id, event)
    VALUES (?, ?, ?, ?, ?, ?)`,
  read: `SELECT sequence, previous_hash, hash, key_id, event FROM audit_entry
    WHERE chain_id = (SELECT chain_id FROM audit_chain WHERE name = ?) AND sequence >= ?
    ORDER BY sequence LIMIT ?`,
  heads: `SELECT name, sequence, hash FROM audit_chain WHERE name >= ? AND name > ?
    ORDER BY name LIMIT ?`,
} as const

/** Moves the head of a chain with its entries, within a transaction. Where the head is another, nothing is written. */
export function appendEntries(
  connection: SqliteConnection,
  { chain, entries, expectedSequence }: AuditAppend,
): boolean {
  const last = entries.at(-1)
  if (last === undefined) return true
  const head = [last.sequence, last.hash, chain]
  const moved =
    expectedSequence === 0
      ? connection.statement(sql.startChain).get(...head)
      : connection.statement(sql.moveHead).get(...head, expectedSequence)
  if (moved === undefined) return false
  const insert = connection.statement(sql.insertEntry)
  for (const { sequence, previousHash, hash, keyId, event } of entries) {
    insert.run(moved.chain_id as number, sequence, previousHash, hash, keyId, event)
  }
  return true
}

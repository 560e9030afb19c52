import { type AuditEntry, type AuditSink, type ChainHead, CredentialError } from '@nebula-credential/core'
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
    assertFollows(chain, entries, expectedSequence)
    const last = entries.at(-1)
    if (last === undefined) return
    await this.#connection.run(connection =>
      connection.transaction(() => {
        const head = [last.sequence, last.hash, chain]
        const moved =
          expectedSequence === 0
            ? connection.statement(sql.startChain).get(...head)
            : connection.statement(sql.moveHead).get(...head, expectedSequence)
        if (moved === undefined) {
          throw new CredentialError(
            'VERSION_CONFLICT',
            `Audit chain ${chain} is not at sequence ${expectedSequence}; read its head again`,
          )
        }
        const insert = connection.statement(sql.insertEntry)
        for (const { sequence, previousHash, hash, keyId, event } of entries) {
          insert.run(moved.chain_id as number, sequence, previousHash, hash, keyId, event)
        }
      }),
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

/** @throws CredentialError INPUT_INVALID */
function assertFollows(chain: string, entries: readonly AuditEntry[], expectedSequence: number): void {
  entries.forEach(({ sequence }, index) => {
    if (sequence === expectedSequence + 1 + index) return
    throw new CredentialError(
      'INPUT_INVALID',
      `Entry ${index} of an append to audit chain ${chain} must have sequence ${expectedSequence + 1 + index}, not ${sequence}`,
    )
  })
}

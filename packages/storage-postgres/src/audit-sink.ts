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
import { statements } from './generated/statements.ts'
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
    const [row] = await this.#select(statements.readChainHead, [chain])
    return row && headOf(row)
  }

  async append(chain: string, entries: readonly AuditEntry[], expectedSequence: number): Promise<void> {
    this.#state.assertOpen()
    const append = { chain, entries, expectedSequence }
    assertFollows(append)
    if (entries.length === 0) return
    const text = expectedSequence === 0 ? statements.beginChain : statements.extendChain
    const { rowCount } = await this.#connection.run(text, appendValues(append))
    if (rowCount > 0) return
    throw new CredentialError(
      'VERSION_CONFLICT',
      `Audit chain ${chain} is not at sequence ${expectedSequence}; read its head again`,
    )
  }

  async read(chain: string, fromSequence: number, limit: number): Promise<readonly AuditEntry[]> {
    const rows = await this.#select(statements.readAuditEntries, [chain, fromSequence, limit])
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
    const rows = await this.#select(statements.listChainHeads, [prefix, cursor ?? '', limit])
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

function headOf([chain, sequence, hash]: Row): ChainHead {
  return { chain: chain as string, sequence: sequence as number, hash: hash as string }
}

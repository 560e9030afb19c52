import { createHash } from 'node:crypto'
import { CredentialError } from '@nebula-credential/core'
import type { Pool, PoolClient, QueryConfig } from 'pg'
import {
  connectTimeout,
  driverError,
  isSerializationFailure,
  leavesConnectionUsable,
  statementTimeout,
} from './driver-errors.ts'
import { inTime } from './in-time.ts'
import { prepareSchema } from './migrate.ts'
import { NotificationListener } from './notification-listener.ts'
import { type CheckedOptions, checkOptions, type PostgresOptions, quoteIdentifier } from './options.ts'
import { addressOf, checkPool, openPool } from './pool.ts'
import { assertWellFormed, type RunStatement, rowTypes, type StatementResult } from './statement.ts'

const mostRetries = 10

/**
 * A pool, seen through one schema, that a store shares with its companions. Each statement is a transaction of its
 * own, so that a pooler may run it on any session.
 */
export class PostgresConnection {
  /** The server, database and schema, without secrets. */
  readonly name: string
  readonly options: CheckedOptions
  /** Hears what {@link notify} sends, in any process that uses this schema. */
  readonly listener: NotificationListener
  readonly #pool: Pool
  readonly #ownsPool: boolean
  readonly #texts = new Map<string, { readonly text: string; readonly name?: string }>()
  #users = 0
  #isPrepared = false
  #preparing: Promise<void> | undefined

  /** @throws CredentialError CONFIG_INVALID */
  constructor(database: Pool | string, options: PostgresOptions) {
    this.options = checkOptions(options)
    const { schema, connectTimeoutMs, statementTimeoutMs, listen } = this.options
    this.#ownsPool = typeof database === 'string'
    this.#pool = typeof database === 'string' ? openPool(database, connectTimeoutMs) : checkPool(database)
    this.name = `postgres ${addressOf(this.#pool.options)} schema ${schema}`
    ignoreIdleErrors(this.#pool)
    this.listener = new NotificationListener({
      client: listen ?? this.#pool.options,
      name: listen === undefined ? this.name : `postgres ${addressOf(listen)} schema ${schema}`,
      channel: `nebula_${digestOf(schema)}`,
      connectTimeoutMs,
      statementTimeoutMs,
      notify: payload => this.notify(payload),
    })
  }

  /** Counts another user, who calls {@link leave} when done. */
  join(): this {
    this.#users++
    return this
  }

  /** Closes the pool after its last user, if it was opened here. */
  async leave(): Promise<void> {
    this.#users--
    if (this.#users === 0 && this.#ownsPool) await this.#pool.end()
  }

  /**
   * Runs one statement, in the schema of this release.
   * @throws CredentialError STORAGE_UNAVAILABLE, SCHEMA_MISMATCH, INPUT_INVALID, or CLOSED when the pool was ended
   */
  async run(sql: string, values: readonly unknown[] = []): Promise<StatementResult> {
    assertWellFormed(values)
    try {
      if (!this.#isPrepared) await this.#prepare()
      return await this.#runPatiently(sql, values)
    } catch (error) {
      throw driverError(error, this.name)
    }
  }

  /** Sends a payload to all who listen. */
  async notify(payload: string): Promise<void> {
    await this.run('SELECT pg_notify($1, $2)', [this.listener.channel, payload])
  }

  /** Runs statements on one session, whatever schema there is: for migrations. Rejects with the driver's errors. */
  session<T>(timeoutMs: number, work: (run: RunStatement) => Promise<T>): Promise<T> {
    return this.#withClient(timeoutMs, client =>
      work((sql, values = []) => this.#send(client, { text: this.#text(sql).text, values: [...values] })),
    )
  }

  /** Whoever comes while the schema is looked at waits for the same look; one that failed is repeated. */
  #prepare(): Promise<void> {
    this.#preparing ??= prepareSchema(this)
      .then(() => {
        this.#isPrepared = true
      })
      .finally(() => {
        this.#preparing = undefined
      })
    return this.#preparing
  }

  // Races fail so only where the database's default isolation is stricter: who lost one has written nothing.
  async #runPatiently(sql: string, values: readonly unknown[]): Promise<StatementResult> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#withClient(this.options.statementTimeoutMs, client =>
          this.#send(client, { ...this.#text(sql), values: [...values] }),
        )
      } catch (error) {
        if (attempt >= mostRetries || !isSerializationFailure(error)) throw error
      }
    }
  }

  async #withClient<T>(timeoutMs: number, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#checkOut()
    // The pool does not listen while a client is out, and its failure would end the process.
    client.on('error', ignore)
    let isUsable = false
    try {
      const result = await inTime(work(client), timeoutMs, () => statementTimeout(this.name, timeoutMs))
      isUsable = true
      return result
    } catch (error) {
      isUsable = leavesConnectionUsable(error)
      throw error
    } finally {
      client.release(!isUsable)
      client.off('error', ignore)
    }
  }

  async #checkOut(): Promise<PoolClient> {
    if (this.#pool.ending) throw poolEnded(this.name)
    const { connectTimeoutMs } = this.options
    let isLate = false
    const connecting = this.#pool.connect().then(client => {
      if (isLate) client.release()
      return client
    })
    return inTime(connecting, connectTimeoutMs, () => {
      isLate = true
      return this.#pool.ending ? poolEnded(this.name) : connectTimeout(this.name, connectTimeoutMs)
    })
  }

  async #send(client: PoolClient, query: QueryConfig): Promise<StatementResult> {
    const { rows, rowCount } = await client.query({ ...query, rowMode: 'array', types: rowTypes })
    return { rows, rowCount: rowCount ?? 0 }
  }

  #text(sql: string): { readonly text: string; readonly name?: string } {
    const known = this.#texts.get(sql)
    if (known !== undefined) return known
    const text = sql.replaceAll('{schema}', () => quoteIdentifier(this.options.schema))
    const made = this.options.preparedStatements ? { text, name: `nebula_${digestOf(text)}` } : { text }
    this.#texts.set(sql, made)
    return made
  }
}

function ignore(): void {}

/** A connection that breaks while idle is no error, the pool drops it; but unheard it would end the process. */
function ignoreIdleErrors(pool: Pool): void {
  if (!pool.listeners('error').includes(ignore)) pool.on('error', ignore)
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24)
}

function poolEnded(name: string): CredentialError {
  return new CredentialError('CLOSED', `The pool of ${name} was ended by this program; open a new store`)
}

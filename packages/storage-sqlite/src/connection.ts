import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { CredentialError, systemClock } from '@nebula-credential/core'
import { busyError, driverError, isBusy } from './driver-errors.ts'
import { assertOurs, migrate } from './migrate.ts'
import { busyTimeout, databasePath, type SqliteOptions } from './options.ts'

/**
 * What a commit survives. `power-loss`: acknowledged means on disk. `crash`: the end of this process, but the last
 * commits before a power loss may be gone; ten times faster.
 */
export type Durability = 'power-loss' | 'crash'

/**
 * A connection to one database file. It opens at the first call, which also migrates. While other processes hold the
 * write lock it waits by timer: SQLite's own busy wait would block the event loop, and lease renewal with it.
 */
export class SqliteConnection {
  readonly path: string
  readonly #durability: Durability
  readonly #busyTimeoutMs: number
  readonly #statements = new Map<string, StatementSync>()
  readonly #arrayStatements = new Map<string, StatementSync>()
  #database: DatabaseSync | undefined
  #opening: Promise<void> | undefined
  #closed = false

  /** @throws CredentialError CONFIG_INVALID */
  constructor(path: string, durability: Durability, options: SqliteOptions) {
    this.path = databasePath(path)
    this.#durability = durability
    this.#busyTimeoutMs = busyTimeout(options)
  }

  /**
   * Runs work that is one statement or one {@link transaction}, again and again while the database is busy.
   * @throws CredentialError STORAGE_UNAVAILABLE, SCHEMA_MISMATCH or CLOSED; the signal's reason when it aborts before
   * the work was done
   */
  async run<T>(work: (connection: SqliteConnection) => T, signal?: AbortSignal): Promise<T> {
    this.#assertNotClosed()
    if (this.#database === undefined) await this.#open()
    return this.#attempt(work, signal)
  }

  /** {@link run}, but at once where the database is open and not busy: then it throws at once too. */
  runNow<T>(work: (connection: SqliteConnection) => T): T | Promise<T> {
    return this.#database === undefined ? this.run(work) : this.#attempt(work)
  }

  /** The prepared statement of an SQL text, whose rows are objects; only within {@link run}. */
  statement(sql: string): StatementSync {
    return this.#statements.get(sql) ?? this.#prepare(this.#statements, sql, false)
  }

  /** The same, with rows that are arrays: less to make where there are many columns. */
  rows(sql: string): StatementSync {
    return this.#arrayStatements.get(sql) ?? this.#prepare(this.#arrayStatements, sql, true)
  }

  /** Makes work atomic, under the write lock from its start; only within {@link run}. */
  transaction<T>(work: () => T): T {
    const database = this.#openDatabase()
    database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      database.exec('COMMIT')
      return result
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }

  /** Calls that wait for the database reject with CLOSED. Calling it again does nothing. */
  close(): void {
    this.#closed = true
    this.#statements.clear()
    this.#arrayStatements.clear()
    this.#database?.close()
    this.#database = undefined
  }

  #prepare(cache: Map<string, StatementSync>, sql: string, returnArrays: boolean): StatementSync {
    const statement = this.#openDatabase().prepare(sql, { returnArrays })
    cache.set(sql, statement)
    return statement
  }

  #open(): Promise<void> {
    this.#opening ??= this.#openAndMigrate().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #openAndMigrate(): Promise<void> {
    createPrivately(this.path)
    const database = await this.#patiently(() => new DatabaseSync(this.path, driverOptions))
    try {
      await this.#patiently(() => prepareFile(database, this.path, this.#durability))
      this.#assertNotClosed()
    } catch (error) {
      database.close()
      throw error
    }
    this.#database = database
  }

  #attempt<T>(work: (connection: SqliteConnection) => T, signal?: AbortSignal): T | Promise<T> {
    try {
      return work(this)
    } catch (error) {
      if (!isBusy(error)) throw driverError(error, this.path)
    }
    return this.#patiently(() => work(this), signal)
  }

  async #patiently<T>(work: () => T, signal?: AbortSignal): Promise<T> {
    const startedAt = performance.now()
    for (let attempt = 0; ; attempt++) {
      this.#assertNotClosed()
      try {
        return work()
      } catch (error) {
        if (!isBusy(error)) throw driverError(error, this.path)
        if (performance.now() - startedAt >= this.#busyTimeoutMs) {
          throw busyError(error, this.path, this.#busyTimeoutMs)
        }
      }
      await systemClock.sleep(retryDelayMs(attempt), signal)
    }
  }

  #openDatabase(): DatabaseSync {
    this.#assertNotClosed()
    if (this.#database === undefined) throw new Error('The database is open only within run')
    return this.#database
  }

  #assertNotClosed(): void {
    if (this.#closed)
      throw new CredentialError('CLOSED', `SQLite file ${this.path} was closed by this program`)
  }
}

// Holds the inner pages of the trees of millions of credentials, so that a row costs one read of the file at most.
// SQLite's default of 2 MB would read some of them again and again. It grows with what is read, not with what there is.
const pageCacheKib = 16_384

const driverOptions = { timeout: 0, enableDoubleQuotedStringLiterals: false }

/** Full jitter up to 1, 2, 4, 8, then 16 ms: a write takes a fraction of a millisecond. */
function retryDelayMs(attempt: number): number {
  return 1 + Math.random() * 2 ** Math.min(attempt, 4)
}

/** Creates the file for its owner only; SQLite gives its -wal and -shm files the same mode. */
function createPrivately(path: string): void {
  // Never opened when it is there: closing any descriptor of a database drops the process's locks on it.
  if (existsSync(path)) return
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code
    if (reason === 'EEXIST') return
    const advice =
      reason === 'ENOENT'
        ? `its folder ${dirname(path)} does not exist. Create the folder first`
        : `it cannot be created (${reason}). Check that this process may write to ${dirname(path)}`
    throw new CredentialError('STORAGE_UNAVAILABLE', `SQLite file ${path}: ${advice}`, { cause: error })
  }
}

function prepareFile(database: DatabaseSync, path: string, durability: Durability): void {
  // The file may have been edited by hostile hands: its schema gets no function with side effects.
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON')
  database.exec(`PRAGMA synchronous = ${durability === 'power-loss' ? 'FULL' : 'NORMAL'}`)
  database.exec(`PRAGMA cache_size = -${pageCacheKib}`)
  // macOS's fsync leaves data in the drive's own cache; these make it F_FULLFSYNC there, and do nothing elsewhere.
  database.exec('PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON')
  // Before anything is changed, so that another program's file stays as it is.
  assertOurs(database, path)
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode
  if (mode !== 'wal') {
    throw new CredentialError(
      'STORAGE_UNAVAILABLE',
      `SQLite file ${path}: its file system has no shared memory, which the write-ahead log needs. Put it on a local disk`,
    )
  }
  migrate(database, path)
}

import { createHash } from 'node:crypto'
import { CredentialError } from '@nebula-credential/core'
import { isAbsent } from './driver-errors.ts'
import { migrations } from './generated/migrations.ts'
import type { CheckedOptions } from './options.ts'
import type { RunStatement } from './statement.ts'

/** What a migration needs of a connection. */
interface Sessions {
  readonly name: string
  readonly options: CheckedOptions
  session<T>(timeoutMs: number, work: (run: RunStatement) => Promise<T>): Promise<T>
}

/**
 * Makes sure that the schema is this release's. Looks first, so that a user without the right to create can work.
 *
 * @throws CredentialError SCHEMA_MISMATCH when a newer release wrote it, or an older one and it must not be migrated;
 * the driver's errors
 */
export async function prepareSchema(connection: Sessions): Promise<void> {
  const { name, options } = connection
  const version = await connection.session(options.statementTimeoutMs, storedVersion)
  assertNotNewer(version, name)
  if (version === migrations.length) return
  if (options.migrate) return migrate(connection)
  throw new CredentialError(
    'SCHEMA_MISMATCH',
    `${name} has schema version ${version}, and this release needs ${migrations.length}. Run migratePostgres with a user who may create tables`,
  )
}

/**
 * Brings the schema to this release's, forward only, in one transaction under an advisory lock: any number of
 * processes may do so at once, and one that dies leaves nothing half done.
 */
export async function migrate(connection: Sessions): Promise<void> {
  const { schema, migrationTimeoutMs } = connection.options
  await connection.session(migrationTimeoutMs, async run => {
    try {
      await run(beginWithin(migrationTimeoutMs))
      await run('SELECT pg_advisory_xact_lock($1)', [lockKey(schema)])
      await createLedger(run, schema)
      const version = await storedVersion(run)
      assertNotNewer(version, connection.name)
      await run('SET LOCAL search_path TO {schema}, pg_temp')
      for (let next = version; next < migrations.length; next++) {
        await run(migrations[next] as string)
        await run('INSERT INTO {schema}.schema_migration (version) VALUES ($1)', [next + 1])
      }
      await run('COMMIT')
    } catch (error) {
      // Where the connection is gone, so is the transaction.
      await run('ROLLBACK').catch(() => {})
      throw error
    }
  })
}

/**
 * Begins a transaction with our limit instead of those that the host has set, which are meant for short statements.
 * Local to it, because a pooler may give the session to others after it. Under a stricter isolation it would see the
 * ledger as it was before the lock was waited for.
 */
function beginWithin(timeoutMs: number): string {
  return `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = ${Math.ceil(timeoutMs)};
    SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = ${Math.ceil(timeoutMs)}`
}

// Looked for first: CREATE IF NOT EXISTS asks for the right to create even where nothing is to be created.
async function createLedger(run: RunStatement, schema: string): Promise<void> {
  const { rows } = await run('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])
  if (rows.length === 0) await run('CREATE SCHEMA {schema}')
  await run(`CREATE TABLE IF NOT EXISTS {schema}.schema_migration (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`)
}

async function storedVersion(run: RunStatement): Promise<number> {
  try {
    const { rows } = await run('SELECT max(version) FROM {schema}.schema_migration')
    return (rows[0]?.[0] as number | null) ?? 0
  } catch (error) {
    if (isAbsent(error)) return 0
    throw error
  }
}

function assertNotNewer(version: number, name: string): void {
  if (version <= migrations.length) return
  throw new CredentialError(
    'SCHEMA_MISMATCH',
    `${name} has schema version ${version}, and this release knows ${migrations.length}. Upgrade @nebula-credential/storage-postgres, or restore the backup made before the upgrade`,
  )
}

/** The advisory lock of one schema: 64 bits, apart from those that other programs are likely to use. */
function lockKey(schema: string): string {
  const digest = createHash('sha256').update(`nebula-credential migration of ${schema}`).digest()
  return digest.readBigInt64BE().toString()
}

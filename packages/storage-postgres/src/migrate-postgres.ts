import type { Pool } from 'pg'
import { PostgresConnection } from './connection.ts'
import { driverError } from './driver-errors.ts'
import { migrate } from './migrate.ts'
import type { PostgresOptions } from './options.ts'

/**
 * Creates or upgrades a schema, for deployments whose programs may not: those then set `migrate: false`. Doing it
 * again does nothing; doing it from several processes at once is safe.
 *
 * @throws CredentialError STORAGE_UNAVAILABLE, CONFIG_INVALID, or SCHEMA_MISMATCH when a newer release wrote it
 */
export async function migratePostgres(
  database: Pool | string,
  options: Pick<PostgresOptions, 'schema' | 'connectTimeoutMs' | 'migrationTimeoutMs'> = {},
): Promise<void> {
  const connection = new PostgresConnection(database, options).join()
  try {
    await migrate(connection)
  } catch (error) {
    throw driverError(error, connection.name)
  } finally {
    await connection.leave()
  }
}

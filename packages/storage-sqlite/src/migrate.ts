import type { DatabaseSync } from 'node:sqlite'
import { CredentialError } from '@nebula-credential/core'
import { migrations } from './generated/migrations.ts'

// Marks the file as ours: "nebu". See https://sqlite.org/fileformat2.html#application_id.
const applicationId = 0x6e656275

/**
 * Brings a database to this release's schema, in one transaction: any number of processes may open a fresh file at
 * once. Throws the driver's busy error while another process migrates.
 *
 * @throws CredentialError SCHEMA_MISMATCH when a newer release or another program wrote the file
 */
export function migrate(database: DatabaseSync, path: string): void {
  if (assertOurs(database, path) === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have migrated between the first look and the lock.
    const version = schemaVersion(database, path)
    for (const statements of migrations.slice(version)) database.exec(statements)
    database.exec(`PRAGMA application_id = ${applicationId}`)
    database.exec(`PRAGMA user_version = ${migrations.length}`)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/**
 * The schema version of a file that is ours or empty, which has version 0.
 * @throws CredentialError SCHEMA_MISMATCH when a newer release or another program wrote the file
 */
export function assertOurs(database: DatabaseSync, path: string): number {
  // One snapshot: with tables of ours that another process makes between two looks, the file would seem foreign.
  database.exec('BEGIN')
  try {
    return schemaVersion(database, path)
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK')
  }
}

function schemaVersion(database: DatabaseSync, path: string): number {
  const version = pragma(database, 'user_version')
  if (pragma(database, 'application_id') === applicationId) {
    if (version <= migrations.length) return version
    throw new CredentialError(
      'SCHEMA_MISMATCH',
      `SQLite file ${path} has schema version ${version}, and this release knows ${migrations.length}. Upgrade @nebula-credential/storage-sqlite, or restore the backup made before the upgrade`,
    )
  }
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() ?? {}
  if (version === 0 && tables === 0) return 0
  throw new CredentialError(
    'SCHEMA_MISMATCH',
    `SQLite file ${path} is the database of another program. Give nebula-credential a file of its own`,
  )
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}

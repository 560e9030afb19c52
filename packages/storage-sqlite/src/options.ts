import { resolve } from 'node:path'
import { CredentialError } from '@nebula-credential/core'

export interface SqliteOptions {
  /**
   * How long a call waits, without blocking the process, while other processes write: then it rejects with
   * STORAGE_UNAVAILABLE. In milliseconds. Default 5,000.
   */
  readonly busyTimeoutMs?: number | undefined
}

export const defaultBusyTimeoutMs = 5_000

/** The absolute path of a database file. @throws CredentialError CONFIG_INVALID */
export function databasePath(path: string): string {
  if (typeof path !== 'string' || path.length === 0 || path.includes('\0')) {
    throw new CredentialError('CONFIG_INVALID', 'Give the path of the SQLite file, such as nebula.db')
  }
  if (path === ':memory:') {
    throw new CredentialError(
      'CONFIG_INVALID',
      'SQLite in memory keeps nothing and is shared with nobody; use MemoryStateStore of @nebula-credential/core',
    )
  }
  if (path.startsWith('file:')) {
    throw new CredentialError('CONFIG_INVALID', 'Give the path of the SQLite file, not a URI')
  }
  return resolve(path)
}

/** @throws CredentialError CONFIG_INVALID */
export function busyTimeout(options: SqliteOptions): number {
  return positiveMs('busyTimeoutMs', options.busyTimeoutMs, defaultBusyTimeoutMs)
}

/** @throws CredentialError CONFIG_INVALID */
export function positiveMs(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback
  if (!Number.isFinite(value) || value <= 0) {
    throw new CredentialError('CONFIG_INVALID', `${name} must be a positive number of milliseconds`)
  }
  return value
}

import { CredentialError } from '@nebula-credential/core'

// Primary result codes, https://sqlite.org/rescode.html; the extended codes carry them in their low byte.
const codes = {
  permission: 3,
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  tooBig: 18,
  constraint: 19,
  notADatabase: 26,
} as const

const uniqueViolated = 2067
const primaryKeyViolated = 1555

interface SqliteFailure extends Error {
  readonly errcode: number
}

/** Whether an error says that another connection holds a lock that this one needs. */
export function isBusy(error: unknown): boolean {
  return isSqliteFailure(error) && (primary(error) === codes.busy || primary(error) === codes.locked)
}

/** Whether an error says that a row with this key is there already. */
export function isDuplicate(error: unknown): boolean {
  return isSqliteFailure(error) && (error.errcode === uniqueViolated || error.errcode === primaryKeyViolated)
}

/** What an error of the driver means to a caller of the store at `path`. Errors of our own pass unchanged. */
export function driverError(error: unknown, path: string): unknown {
  if (!isSqliteFailure(error)) return error
  const [code, advice] = meaning(primary(error))
  return new CredentialError(code, `SQLite file ${path}: ${error.errstr ?? 'failed'}. ${advice}`, {
    cause: error,
  })
}

/** The error of a call that found the database locked for all of its time. */
export function busyError(error: unknown, path: string, waitedMs: number): CredentialError {
  return new CredentialError(
    'STORAGE_UNAVAILABLE',
    `SQLite file ${path}: other processes held its write lock for ${waitedMs} ms. Look for a process that keeps a transaction open, or raise busyTimeoutMs`,
    { cause: error },
  )
}

function meaning(code: number): ['STORAGE_UNAVAILABLE' | 'INPUT_INVALID', string] {
  switch (code) {
    case codes.full:
      return ['STORAGE_UNAVAILABLE', 'Free space on its disk; nothing of this write was kept']
    case codes.readOnly:
      return ['STORAGE_UNAVAILABLE', 'Make the file, its -wal and -shm files and its folder writable']
    case codes.permission:
    case codes.cannotOpen:
      return [
        'STORAGE_UNAVAILABLE',
        'Check that its folder exists and that this process may write the file and its folder',
      ]
    case codes.notADatabase:
      return ['STORAGE_UNAVAILABLE', 'The path holds something else; give another path']
    case codes.corrupt:
      return ['STORAGE_UNAVAILABLE', 'The file is damaged; restore it from a backup']
    case codes.inputOutput:
      return ['STORAGE_UNAVAILABLE', 'Check its disk; network file systems are not supported']
    case codes.noMemory:
      return ['STORAGE_UNAVAILABLE', 'The process is out of memory']
    case codes.tooBig:
      return ['INPUT_INVALID', 'The record is larger than SQLite can hold']
    case codes.constraint:
      return ['INPUT_INVALID', 'The record breaks a rule of the schema']
    default:
      return ['STORAGE_UNAVAILABLE', 'See the cause']
  }
}

function primary(error: SqliteFailure): number {
  return error.errcode & 0xff
}

function isSqliteFailure(error: unknown): error is SqliteFailure & { readonly errstr?: string } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}

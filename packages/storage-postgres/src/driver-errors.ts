import { CredentialError, type ErrorCode } from '@nebula-credential/core'
import { DatabaseError } from 'pg'

type Meaning = readonly [ErrorCode, string]

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const meanings: Readonly<Record<string, Meaning>> = {
  '25006': [
    'STORAGE_UNAVAILABLE',
    'It is read-only: a standby, or default_transaction_read_only is on. Connect to the primary; nothing was written',
  ],
  '26000': ['STORAGE_UNAVAILABLE', 'A pooler lost a prepared statement; set preparedStatements to false'],
  '42P05': ['STORAGE_UNAVAILABLE', 'A pooler mixed prepared statements; set preparedStatements to false'],
  '28000': ['STORAGE_UNAVAILABLE', 'It does not let this user in; check the user, and pg_hba.conf'],
  '28P01': ['STORAGE_UNAVAILABLE', 'It refuses the password of this user'],
  '3D000': ['STORAGE_UNAVAILABLE', 'There is no such database; create it, or correct its name'],
  '42501': ['STORAGE_UNAVAILABLE', 'The user lacks a privilege; the README lists what to grant'],
  '53100': ['STORAGE_UNAVAILABLE', 'Its disk is full; nothing of this write was kept'],
  '53200': ['STORAGE_UNAVAILABLE', 'It is out of memory'],
  '53300': ['STORAGE_UNAVAILABLE', 'It has no connection left; use smaller pools, or raise max_connections'],
  '55P03': ['STORAGE_UNAVAILABLE', 'A lock in it was not free within its lock_timeout'],
  '57014': ['STORAGE_UNAVAILABLE', 'The statement was cancelled, by statement_timeout or an operator'],
  '57P01': ['STORAGE_UNAVAILABLE', 'The connection was ended by an operator, or the server shuts down'],
  '57P03': ['STORAGE_UNAVAILABLE', 'It is starting up or shutting down'],
  '3F000': ['SCHEMA_MISMATCH', 'The schema is not there; migrate it, or restore it from a backup'],
  '42P01': ['SCHEMA_MISMATCH', 'A table of the schema is not there; migrate it, or restore it from a backup'],
  '42703': [
    'SCHEMA_MISMATCH',
    'A column of the schema is not there; migrate it, or restore it from a backup',
  ],
  '42883': [
    'SCHEMA_MISMATCH',
    'A function of the schema is not there; migrate it, or restore it from a backup',
  ],
  '42P07': ['SCHEMA_MISMATCH', 'The schema holds tables of another program; give a schema of its own'],
  '42723': ['SCHEMA_MISMATCH', 'The schema holds functions of another program; give a schema of its own'],
  '54000': ['INPUT_INVALID', 'A tenant, id, type or key is longer than an index can hold'],
}

const classMeanings: Readonly<Record<string, Meaning>> = {
  '08': ['STORAGE_UNAVAILABLE', 'The connection failed'],
  '22': ['INPUT_INVALID', 'A value is one that PostgreSQL cannot hold, such as text with a NUL character'],
  '23': ['INPUT_INVALID', 'The values break a rule of the schema'],
  '42': ['SCHEMA_MISMATCH', 'The schema was changed by hand or by another program; restore it from a backup'],
}

const tryAgain = new Set(['40001', '40P01'])
const absent = new Set(['42P01', '3F000'])

/**
 * What an error of the driver means to a caller of the store at `name`. Our own errors, mistakes included, pass
 * unchanged. What else has no SQLSTATE never reached the server, or its answer never reached us.
 */
export function driverError(error: unknown, name: string): unknown {
  if (error instanceof CredentialError || error instanceof TypeError) return error
  const state = sqlState(error)
  if (state === undefined) {
    const reason = systemCode(error)
    return new CredentialError(
      'STORAGE_UNAVAILABLE',
      `${name} cannot be reached${reason ? ` (${reason})` : ''}. Check that it runs, its address, TLS settings, and whether a password is given`,
      { cause: error },
    )
  }
  const [code, advice] = meanings[state] ?? classMeanings[state.slice(0, 2)] ?? unknownMeaning
  return new CredentialError(code, `${name} refused with SQLSTATE ${state}. ${advice}`, { cause: error })
}

/** The error of a call that got no connection in its time. */
export function connectTimeout(name: string, waitedMs: number): CredentialError {
  return new CredentialError(
    'STORAGE_UNAVAILABLE',
    `${name} gave no connection within ${waitedMs} ms. Check that it runs, or enlarge the pool`,
  )
}

/** The error of a call whose statement was not answered in its time: it may have been carried out. */
export function statementTimeout(name: string, waitedMs: number): CredentialError {
  return new CredentialError('STORAGE_UNAVAILABLE', `${name} did not answer within ${waitedMs} ms`)
}

/** Whether a statement failed only because another came first, and changed nothing. */
export function isSerializationFailure(error: unknown): boolean {
  return tryAgain.has(sqlState(error) ?? '')
}

/** Whether a call failed because a row of its key is there already, and changed nothing. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof CredentialError && sqlState(error.cause) === '23505'
}

/** Whether a statement found no table or schema of its name. */
export function isAbsent(error: unknown): boolean {
  return absent.has(sqlState(error) ?? '')
}

/**
 * Whether the connection can be used again: the server answered, did not end it, and may be written to. One to a
 * server that became a standby is given up, so that the next reaches the new primary.
 */
export function leavesConnectionUsable(error: unknown): boolean {
  const state = sqlState(error)
  return state !== undefined && state !== '25006' && !/^(08|57P)/.test(state)
}

const unknownMeaning: Meaning = ['STORAGE_UNAVAILABLE', 'See the cause']

function sqlState(error: unknown): string | undefined {
  return isDatabaseError(error) ? error.code : undefined
}

// By shape too: the pool may come from another copy of the driver.
function isDatabaseError(error: unknown): error is DatabaseError {
  return (
    error instanceof DatabaseError || (error instanceof Error && 'severity' in error && 'routine' in error)
  )
}

/** `ECONNREFUSED` and the like, of Node or of its last attempt. */
function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

import { CredentialError } from '@nebula-credential/core'
import { Client, type ClientConfig, Pool } from 'pg'

/** A pool of our own, which does not keep the process alive. @throws CredentialError CONFIG_INVALID */
export function openPool(connectionString: string, connectTimeoutMs: number): Pool {
  if (!/^(postgres(ql)?:\/\/|socket:|\/)/.test(connectionString)) throw unreadable('not a URL')
  return new Pool({
    connectionString,
    // Ends what hangs, after the call has given up with an error that says more.
    connectionTimeoutMillis: connectTimeoutMs + 100,
    keepAlive: true,
    allowExitOnIdle: true,
    fallback_application_name: 'nebula-credential',
  })
}

/** The pool that was given. @throws CredentialError CONFIG_INVALID when it is none */
export function checkPool(pool: Pool): Pool {
  if (typeof pool?.connect === 'function' && typeof pool.options === 'object') return pool
  throw new CredentialError('CONFIG_INVALID', 'Give a Pool of the package pg, or a connection string')
}

/**
 * `host:port/database` as the driver will connect, environment variables included.
 * @throws CredentialError CONFIG_INVALID
 */
export function addressOf(config: ClientConfig): string {
  try {
    const { host, port, database } = new Client(config)
    return `${host}:${port}/${database}`
  } catch (error) {
    // Without its cause, which holds the connection string and so the password.
    throw unreadable((error as NodeJS.ErrnoException).code ?? 'malformed')
  }
}

function unreadable(reason: string): CredentialError {
  return new CredentialError(
    'CONFIG_INVALID',
    `The PostgreSQL connection settings cannot be read (${reason}). Write postgres://user:password@host:5432/database, with special characters percent-encoded`,
  )
}

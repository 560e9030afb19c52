import { CredentialError, defaultLeaseTiming, type LeaseTiming } from '@nebula-credential/core'
import type { ClientConfig } from 'pg'

export interface PostgresOptions {
  /** The schema that holds all tables; created where it is missing. Default `nebula`. */
  readonly schema?: string | undefined
  /**
   * Whether the first call creates or upgrades the schema. Otherwise a schema of another release is refused with
   * SCHEMA_MISMATCH, and an operator runs {@link migratePostgres}. Default true.
   */
  readonly migrate?: boolean | undefined
  /** How long a call waits for a connection, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number | undefined
  /** How long a call waits for the answer to its statement, in milliseconds. Default 10,000. */
  readonly statementTimeoutMs?: number | undefined
  /** How long a migration may take, waiting for one in another process included, in milliseconds. Default 60,000. */
  readonly migrationTimeoutMs?: number | undefined
  /** The timing of the leases that `lock()` hands out. Default 30 s, renewed every 10 s. */
  readonly leaseTiming?: Partial<LeaseTiming> | undefined
  /**
   * How to reach the server for LISTEN, which needs a connection of its own for as long as it listens. Needed where
   * the pool goes through a pooler in transaction mode. Default: as the pool does.
   */
  readonly listen?: string | ClientConfig | undefined
  /**
   * Whether statements are prepared under a name, once per connection: faster, but a pooler in transaction mode must
   * know them (PgBouncer 1.21 with `max_prepared_statements`). Default false.
   */
  readonly preparedStatements?: boolean | undefined
}

/** Options that were checked, with their defaults. */
export interface CheckedOptions {
  readonly schema: string
  readonly migrate: boolean
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly migrationTimeoutMs: number
  readonly leaseTiming: LeaseTiming
  readonly listen: ClientConfig | undefined
  readonly preparedStatements: boolean
}

/** @throws CredentialError CONFIG_INVALID */
export function checkOptions(options: PostgresOptions): CheckedOptions {
  const { listen, leaseTiming = {} } = options
  return {
    schema: checkSchema(options.schema ?? 'nebula'),
    migrate: options.migrate ?? true,
    connectTimeoutMs: positiveMs('connectTimeoutMs', options.connectTimeoutMs, 5_000),
    statementTimeoutMs: positiveMs('statementTimeoutMs', options.statementTimeoutMs, 10_000),
    migrationTimeoutMs: positiveMs('migrationTimeoutMs', options.migrationTimeoutMs, 60_000),
    leaseTiming: checkLeaseTiming(leaseTiming),
    listen: typeof listen === 'string' ? { connectionString: listen } : listen,
    preparedStatements: options.preparedStatements ?? false,
  }
}

/** A name as SQL text that cannot be anything else than that name. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

// PostgreSQL cuts longer names without a word, and two of them might become one.
const longestNameBytes = 63

function checkSchema(schema: string): string {
  if (
    typeof schema !== 'string' ||
    schema.length === 0 ||
    schema.includes('\0') ||
    !schema.isWellFormed() ||
    Buffer.byteLength(schema) > longestNameBytes
  ) {
    throw new CredentialError('CONFIG_INVALID', `schema must be a name of 1 to ${longestNameBytes} bytes`)
  }
  // A search path takes "$user" for the schema named as the user, quoted or not.
  if (schema.startsWith('pg_') || schema === 'information_schema' || schema === '$user') {
    throw new CredentialError('CONFIG_INVALID', `The schema ${schema} is PostgreSQL's own; give another name`)
  }
  return schema
}

function checkLeaseTiming(given: Partial<LeaseTiming>): LeaseTiming {
  const ttlMs = positiveMs('leaseTiming.ttlMs', given.ttlMs, defaultLeaseTiming.ttlMs)
  const renewEveryMs = positiveMs(
    'leaseTiming.renewEveryMs',
    given.renewEveryMs,
    defaultLeaseTiming.renewEveryMs,
  )
  if (renewEveryMs < ttlMs) return { ttlMs, renewEveryMs }
  throw new CredentialError(
    'CONFIG_INVALID',
    'leaseTiming.renewEveryMs must be less than leaseTiming.ttlMs, a third of it at best',
  )
}

function positiveMs(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback
  if (!Number.isFinite(value) || value <= 0 || value > longestTimerMs) {
    throw new CredentialError('CONFIG_INVALID', `${name} must be a number of milliseconds above 0`)
  }
  return value
}

// A timer of more fires at once.
const longestTimerMs = 2 ** 31 - 1

import { CredentialError, defaultLeaseTiming, type LeaseTiming } from '@nebula-credential/core'
import type { Cluster, Redis } from 'ioredis'

/** A client of `ioredis`: for one server, for Sentinel, or for a cluster. */
export type RedisClient = Redis | Cluster

export interface RedisOptions {
  /** What all keys and channels start with. Letters, digits and `-_.:/`, at most 100. Default `nebula`. */
  readonly keyPrefix?: string | undefined
  /**
   * How long a call waits for the server, connecting included: then it rejects with STORAGE_UNAVAILABLE, whatever
   * the client's own retries are. In milliseconds. Default 5,000.
   */
  readonly commandTimeoutMs?: number | undefined
}

/** `ttlMs` defaults to 30,000, `renewEveryMs` to 10,000. */
export interface RedisLockOptions extends RedisOptions, Partial<LeaseTiming> {}

export interface RedisStoreOptions extends RedisOptions {
  /**
   * Holds state also where a restart of Redis or an eviction loses it: **for tests and for what can be created again.**
   * Default false: without an append-only file, or with a policy that evicts, every call rejects with CONFIG_INVALID.
   */
  readonly dangerouslyVolatile?: boolean | undefined
  /** Acknowledges a write only when so many replicas have it. Default: none. */
  readonly waitForReplicas?: ReplicaWait | undefined
  /** The timing of the leases of `lock()`. Default: 30,000 ms, renewed every 10,000 ms. */
  readonly leaseTiming?: LeaseTiming | undefined
}

export interface ReplicaWait {
  /** At least 1. */
  readonly count: number
  /** How long to wait for them; then the write rejects with STORAGE_UNAVAILABLE. Default 1,000. */
  readonly timeoutMs?: number | undefined
}

// What the two kinds of client have in their options; a cluster's are partly those of its nodes.
interface ClientOptions {
  readonly scaleReads?: unknown
  readonly stringNumbers?: boolean
  readonly redisOptions?: { readonly stringNumbers?: boolean }
}

const prefixPattern = /^[A-Za-z0-9\-_.:/]{1,100}$/
const defaultPrefix = 'nebula'
const defaultCommandTimeoutMs = 5_000
const defaultReplicaTimeoutMs = 1_000

/** @throws CredentialError CONFIG_INVALID */
export function keyPrefix(options: RedisOptions): string {
  const prefix = options.keyPrefix ?? defaultPrefix
  if (typeof prefix === 'string' && prefixPattern.test(prefix)) return prefix
  // A brace would move the hash tag that keeps a record and its indexes on one node.
  throw new CredentialError(
    'CONFIG_INVALID',
    'keyPrefix must be 1 to 100 letters, digits or -_.:/ (no braces: they decide the node of a cluster)',
  )
}

/** @throws CredentialError CONFIG_INVALID */
export function commandTimeout(options: RedisOptions): number {
  return positiveInteger('commandTimeoutMs', options.commandTimeoutMs ?? defaultCommandTimeoutMs)
}

/** @throws CredentialError CONFIG_INVALID */
export function leaseTiming(given: Partial<LeaseTiming> = {}): LeaseTiming {
  const ttlMs = positiveInteger('ttlMs', given.ttlMs ?? defaultLeaseTiming.ttlMs)
  const renewEveryMs = positiveInteger('renewEveryMs', given.renewEveryMs ?? defaultLeaseTiming.renewEveryMs)
  if (renewEveryMs < ttlMs) return { ttlMs, renewEveryMs }
  throw new CredentialError('CONFIG_INVALID', 'renewEveryMs must be below ttlMs')
}

/** @throws CredentialError CONFIG_INVALID */
export function replicaWait(options: RedisStoreOptions): { count: number; timeoutMs: number } | undefined {
  const wait = options.waitForReplicas
  if (wait === undefined) return undefined
  return {
    count: positiveInteger('waitForReplicas.count', wait.count),
    timeoutMs: positiveInteger('waitForReplicas.timeoutMs', wait.timeoutMs ?? defaultReplicaTimeoutMs),
  }
}

/**
 * Refuses clients whose own options would break what the scripts rely on.
 * @throws CredentialError CONFIG_INVALID
 */
export function assertUsableClient(client: RedisClient): void {
  if (typeof client?.duplicate !== 'function') {
    throw new CredentialError('CONFIG_INVALID', 'Give a client of the package ioredis 6, or a redis:// URL')
  }
  const { keyPrefix: ownPrefix } = client.options
  if (ownPrefix) {
    throw new CredentialError(
      'CONFIG_INVALID',
      'The ioredis client has a keyPrefix of its own; give the keyPrefix to the store instead',
    )
  }
  const { stringNumbers, redisOptions } = client.options as ClientOptions
  if (stringNumbers || redisOptions?.stringNumbers) {
    throw new CredentialError(
      'CONFIG_INVALID',
      'The ioredis client gives numbers as strings; leave stringNumbers unset',
    )
  }
  const { scaleReads = 'master' } = client.options as ClientOptions
  if (scaleReads !== 'master') {
    throw new CredentialError(
      'CONFIG_INVALID',
      'The ioredis cluster client reads from replicas, which lag behind; set scaleReads to "master"',
    )
  }
}

function positiveInteger(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new CredentialError('CONFIG_INVALID', `${name} must be a positive integer`)
}

import type { AnchorSink } from '../audit/anchor-sink.ts'
import { AuditLog, defaultAuditPolicy } from '../audit/audit-log.ts'
import type { AuditSink } from '../audit/audit-sink.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { AnyCredential } from '../credential/credential.ts'
import { CredentialRegistry } from '../credential/registry.ts'
import type { EncryptionKeys } from '../encryption/key-ring.ts'
import { openEncryption } from '../encryption/open-encryption.ts'
import { CredentialError } from '../errors.ts'
import { credentialKey } from '../record/ids.ts'
import type { DistributedLock } from '../storage/distributed-lock.ts'
import type { Outbox } from '../storage/outbox.ts'
import type { StateStore } from '../storage/state-store.ts'
import type { TokenCache } from '../storage/token-cache.ts'
import { BackgroundWork } from './background-work.ts'
import { StateSealer } from './record/state-sealer.ts'
import { CircuitBreaker } from './refresh/circuit-breaker.ts'
import { type RefreshPolicy, refreshPolicy } from './refresh-policy.ts'
import type { BoundContext, Runtime } from './runtime.ts'
import { Flights } from './token/flights.ts'
import { HotCache } from './token/hot-cache.ts'
import { countRead } from './token/keep-token.ts'
import { Loads } from './token/loads.ts'

/** What a builder has gathered. */
export interface ManagerOptions {
  readonly storage?: StateStore
  readonly encryption?: EncryptionKeys
  readonly cache?: TokenCache
  readonly lock?: DistributedLock
  readonly outbox?: Outbox
  readonly audit?: AuditSink
  readonly anchors?: AnchorSink
  readonly policy?: Partial<RefreshPolicy>
  readonly clock?: Clock
  readonly fetch?: typeof globalThis.fetch
  readonly credentials: readonly AnyCredential[]
}

/** A wired manager, and how it ends. */
export interface BuiltRuntime {
  readonly runtime: Runtime
  close(): Promise<void>
}

/**
 * Wires a manager: companions of the store stand in for what was not given, and the keys are proven before anything
 * is written.
 *
 * @throws CredentialError CONFIG_INVALID naming what is missing; KEY_MISMATCH; SCHEMA_MISMATCH; STORAGE_UNAVAILABLE
 */
export async function buildRuntime(options: ManagerOptions): Promise<BuiltRuntime> {
  const store = required(options.storage, 'storage', 'withStorage')
  assertStore(store)
  const keys = required(options.encryption, 'encryption', 'withEncryption')
  const clock = options.clock ?? systemClock
  const policy = refreshPolicy(options.policy ?? {})
  const registry = new CredentialRegistry()
  for (const definition of options.credentials) registry.register(definition)

  const lock = required(options.lock ?? store.lock?.(), 'a lock', 'withLock')
  const outbox = required(options.outbox ?? store.outbox?.(), 'an outbox', 'withOutbox')
  const auditSink = required(
    options.audit ?? store.audit?.(),
    'an audit sink, as this store keeps no audit',
    'withAudit',
  )
  const { cache, anchors } = options
  const invalidation = store.invalidation?.() ?? cache?.invalidation?.()

  const { provider, auditKeys } = await openEncryption(keys, headerOf(store), clock)
  const audit = new AuditLog({
    sink: auditSink,
    keys: auditKeys,
    clock,
    anchors,
    policy: {
      flushEveryMs: policy.auditFlushMs,
      anchorEveryMs: policy.anchorMs,
      // One flush may hand in the reads of twice as many entries as stand in memory.
      maxQueued: defaultAuditPolicy.maxQueued + 2 * policy.l1MaxEntries,
    },
  })
  const closing = new AbortController()
  const hot: HotCache = new HotCache({
    maxEntries: policy.l1MaxEntries,
    clock,
    onReads: (entry, context, count) => countRead(runtime, context as BoundContext, entry.fields, count),
  })
  const runtime: Runtime = {
    store,
    lock,
    outbox,
    cache,
    invalidation,
    audit,
    auditSink,
    // A sink that was given may be kept anywhere, so only the store's own moves with its records.
    writeAudited: options.audit === undefined ? store.writeAudited?.bind(store) : undefined,
    auditKeys,
    anchors,
    registry,
    sealer: new StateSealer(provider, registry),
    policy,
    clock,
    fetch: options.fetch,
    hot,
    loads: new Loads(),
    refreshes: new Flights(),
    breaker: new CircuitBreaker(policy, clock),
    closed: closing.signal,
    background: new BackgroundWork(),
    unsaved: new Map(),
    abandonedAttempts: new Set(),
  }
  audit.onFlush(() => hot.flushReads())
  const unsubscribe = await invalidation?.subscribe(
    ({ tenantId, id, version }) => {
      runtime.loads.forget(credentialKey(tenantId, id))
      hot.invalidate(id, version)
    },
    () => {
      runtime.loads.forgetAll()
      hot.clear()
    },
  )

  const close = async (): Promise<void> => {
    closing.abort()
    await runtime.refreshes.settled()
    await runtime.background.close()
    hot.clear()
    await closeAll([
      () => audit.close(),
      () => unsubscribe?.(),
      ...[invalidation, cache, lock, outbox, auditSink, store].map(part => () => part?.close()),
      () => provider.close(),
      () => auditKeys.close(),
    ])
  }
  return { runtime, close }
}

function required<T>(part: T | undefined, what: string, method: string): T {
  if (part !== undefined) return part
  throw new CredentialError(
    'CONFIG_INVALID',
    `The credential manager needs ${what}: call ${method} on the builder`,
  )
}

/** @throws CredentialError CONFIG_INVALID for what is no store at all: a path, a URL, a promise of one */
function assertStore(store: StateStore): void {
  if (typeof store.readHeader === 'function') return
  const isPromise = typeof (store as unknown as PromiseLike<unknown>).then === 'function'
  throw new CredentialError(
    'CONFIG_INVALID',
    `withStorage takes a store, such as new MemoryStateStore()${isPromise ? '; await the promise first' : ''}`,
  )
}

function headerOf(store: StateStore) {
  return {
    readHeader: () => store.readHeader(),
    createHeader: (value: string) => store.createHeader(value),
    replaceHeader: (value: string, expectedVersion: number) => store.replaceHeader(value, expectedVersion),
    isEmpty: async () => (await store.list({}, { limit: 1 })).records.length === 0,
  }
}

/** Closes everything in order, whatever fails, and then throws the first failure. */
async function closeAll(closers: readonly (() => Promise<void> | void | undefined)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closers) {
    try {
      await close()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

import type { AccessToken } from '../credential/token-kind.ts'
import type { TokenRequest } from '../credential/token-source.ts'
import { isCredentialError } from '../errors.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import { credentialKey, parseCredentialId } from '../record/ids.ts'
import { scopeAllows } from '../record/scope.ts'
import { deriveToken, isUsable } from './derive-token.ts'
import { fromSharedCache } from './from-shared-cache.ts'
import type { LoadTicket } from './hot-cache.ts'
import { countRead, keepNegative, keepToken } from './keep-token.ts'
import { assertUsable, checkVisible } from './open-record.ts'
import { refresh } from './refresh.ts'
import type { BoundContext, Derived, LoadedRecord, Runtime } from './runtime.ts'
import { unlessAborted, withinCallerWait } from './wait.ts'

/**
 * The token of a credential that is valid now, from the nearest place that has it: this process, the shared cache,
 * the store, the provider. The scope is checked in every branch, before any other fact can be seen.
 */
export async function getToken(
  runtime: Runtime,
  context: BoundContext,
  id: string,
  request: TokenRequest = {},
): Promise<AccessToken> {
  parseCredentialId(id)
  request.signal?.throwIfAborted()
  const hot = fromHotCache(runtime, context, id, request)
  if (hot !== undefined) return hot

  const ticket = runtime.hot.beginLoad(id)
  try {
    if (runtime.cache !== undefined) {
      const cached = await fromSharedCache(runtime, runtime.cache, context, id, request, ticket)
      if (cached !== undefined) return cached
    }
    return await fromStore(runtime, context, id, request, ticket)
  } finally {
    runtime.hot.endLoad(ticket)
  }
}

function fromHotCache(
  runtime: Runtime,
  context: BoundContext,
  id: string,
  request: TokenRequest,
): AccessToken | undefined {
  const entry = runtime.hot.entries.get(id)
  if (entry === undefined) return undefined
  const now = runtime.clock.now()
  if (now >= entry.staleAt) return undefined
  if (!scopeAllows(entry.fields.scope, entry.fields.shares, context)) return undefined
  if (entry.error !== undefined) {
    if (request.minValidityMs === undefined) throw entry.error
    return undefined
  }
  const token = entry.token as AccessToken
  // Once due, the store is asked again: it knows whether somebody refreshed.
  if (now >= entry.dueAt || !isUsable(runtime, { token }, request.minValidityMs)) return undefined
  runtime.hot.countRead(entry, context)
  return token
}

async function fromStore(
  runtime: Runtime,
  context: BoundContext,
  id: string,
  request: TokenRequest,
  ticket: LoadTicket,
): Promise<AccessToken> {
  const { tenantId } = context
  const key = credentialKey(tenantId, id)
  const loaded = await unlessAborted(
    runtime.loads.records.join(key, () => load(runtime, tenantId, id)),
    request.signal,
  )
  const record = checkVisible(runtime, context, id, 'credential.read', loaded?.record)
  const unsaved = runtime.unsaved.get(key)
  if (unsaved !== undefined && isUsable(runtime, unsaved, request.minValidityMs)) return unsaved.token
  assertUsable(record)
  const derived = deriveOnce(runtime, context, loaded as LoadedRecord)
  const current = derived instanceof Promise ? await unlessAborted(derived, request.signal) : derived
  if (!isUsable(runtime, current, request.minValidityMs)) return refreshed(runtime, context, current, request)
  keepToken(runtime, context, current, ticket)
  if (isDue(runtime, record)) refreshBehind(runtime, context, record)
  return current.token
}

async function load(runtime: Runtime, tenantId: string, id: string): Promise<LoadedRecord | undefined> {
  const record = await runtime.store.get(tenantId, id)
  return record && { record }
}

/** What a loaded record yields: opened, or found not to open, by the first caller for all who share the load. */
function deriveOnce(
  runtime: Runtime,
  context: BoundContext,
  loaded: LoadedRecord,
): Derived | Promise<Derived> {
  try {
    loaded.derived ??= deriveToken(runtime, context, loaded.record)
  } catch (error) {
    loaded.derived = Promise.reject(error)
  }
  return loaded.derived
}

async function refreshed(
  runtime: Runtime,
  context: BoundContext,
  current: Derived,
  request: TokenRequest,
): Promise<AccessToken> {
  const { record, token } = current
  try {
    const flight = refresh(runtime, context, record, 'needed')
    const fresh = await withinCallerWait(runtime, flight, record.id, request.signal)
    keepToken(runtime, context, fresh ?? current)
    return (fresh ?? current).token
  } catch (error) {
    if (!isCredentialError(error)) throw error
    // A token in its last moments is better than none, unless the caller asked for a longer one.
    const stillValid = (token.expiresAt ?? 0) > runtime.clock.now()
    if (stillValid && request.minValidityMs === undefined && error.retryable) {
      countRead(runtime, context, record)
      return token
    }
    keepNegative(runtime, record, error)
    throw error
  }
}

function isDue(runtime: Runtime, record: CredentialRecord): boolean {
  const now = runtime.clock.now()
  return record.dueAt !== undefined && now >= record.dueAt && now >= (record.coolOff?.retryAt ?? 0)
}

/** Refreshes a due token while callers go on with the one they have. Failures are in the record's cool-off. */
function refreshBehind(runtime: Runtime, context: BoundContext, record: CredentialRecord): void {
  runtime.background.run(async () => {
    const fresh = await refresh(runtime, context, record, 'behind')
    if (fresh !== undefined) keepToken(runtime, context, fresh)
  })
}

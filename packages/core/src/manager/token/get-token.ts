import type { AccessToken } from '../../credential/token-kind.ts'
import type { TokenRequest } from '../../credential/token-source.ts'
import { isCredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { credentialKey, parseCredentialId } from '../../record/ids.ts'
import { scopeAllows } from '../../record/scope.ts'
import { deriveToken, isUsable } from '../record/derive-token.ts'
import { assertUsable, checkVisible } from '../record/open-record.ts'
import { refresh } from '../refresh/refresh.ts'
import { type BoundContext, type Derived, keyOf, type LoadedRecord, type Runtime } from '../runtime.ts'
import { unlessAborted, withinCallerWait } from '../wait.ts'
import { fromSharedCache } from './from-shared-cache.ts'
import type { LoadTicket } from './hot-cache.ts'
import { countRead, keepNegative, keepToken } from './keep-token.ts'

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
    const stored = fromStore(runtime, context, id, request, ticket)
    return stored instanceof Promise ? await stored : stored
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

/** From here on at once as far as store and keys answer at once: each promise that is spared is seen in a cold read. */
function fromStore(
  runtime: Runtime,
  context: BoundContext,
  id: string,
  request: TokenRequest,
  ticket: LoadTicket,
): AccessToken | Promise<AccessToken> {
  const { tenantId } = context
  const found = runtime.loads.records.join(credentialKey(tenantId, id), () => load(runtime, tenantId, id))
  return found instanceof Promise
    ? unlessAborted(found, request.signal).then(loaded =>
        fromRecord(runtime, context, id, loaded, request, ticket),
      )
    : fromRecord(runtime, context, id, found, request, ticket)
}

function fromRecord(
  runtime: Runtime,
  context: BoundContext,
  id: string,
  loaded: LoadedRecord | undefined,
  request: TokenRequest,
  ticket: LoadTicket,
): AccessToken | Promise<AccessToken> {
  const record = checkVisible(runtime, context, id, 'credential.read', loaded?.record)
  const unsaved = runtime.unsaved.get(keyOf(record))
  if (unsaved !== undefined && isUsable(runtime, unsaved, request.minValidityMs)) return unsaved.token
  assertUsable(record)
  const derived = deriveOnce(runtime, context, loaded as LoadedRecord)
  return derived instanceof Promise
    ? unlessAborted(derived, request.signal).then(current =>
        handOut(runtime, context, current, request, ticket),
      )
    : handOut(runtime, context, derived, request, ticket)
}

function handOut(
  runtime: Runtime,
  context: BoundContext,
  current: Derived,
  request: TokenRequest,
  ticket: LoadTicket,
): AccessToken | Promise<AccessToken> {
  if (!isUsable(runtime, current, request.minValidityMs)) return refreshed(runtime, context, current, request)
  keepToken(runtime, context, current, ticket)
  if (isDue(runtime, current.record)) refreshBehind(runtime, context, current.record)
  return current.token
}

/** At once where the store answers at once. */
function load(
  runtime: Runtime,
  tenantId: string,
  id: string,
): LoadedRecord | undefined | Promise<LoadedRecord | undefined> {
  const found = runtime.store.get(tenantId, id)
  return found instanceof Promise ? found.then(loadedRecord) : loadedRecord(found)
}

const loadedRecord = (record: CredentialRecord | undefined) => record && { record }

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

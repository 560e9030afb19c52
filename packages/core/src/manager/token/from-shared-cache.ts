import type { AccessToken } from '../../credential/token-kind.ts'
import type { TokenRequest } from '../../credential/token-source.ts'
import { isCredentialError } from '../../errors.ts'
import { credentialKey } from '../../record/ids.ts'
import type { CachedToken, TokenCache } from '../../storage/token-cache.ts'
import { isUsable } from '../record/derive-token.ts'
import { checkVisible } from '../record/open-record.ts'
import { auditEvent, type BoundContext, type LoadedEntry, type Runtime } from '../runtime.ts'
import { unlessAborted } from '../wait.ts'
import type { LoadTicket } from './hot-cache.ts'
import { keepHot } from './keep-token.ts'

/**
 * The token that the shared cache holds, if it is valid long enough. One read serves all who ask meanwhile, each
 * within its own scope.
 * @throws CredentialError CREDENTIAL_NOT_FOUND when the entry is not visible in this scope
 */
export async function fromSharedCache(
  runtime: Runtime,
  cache: TokenCache,
  context: BoundContext,
  id: string,
  request: TokenRequest,
  ticket: LoadTicket,
): Promise<AccessToken | undefined> {
  const key = credentialKey(context.tenantId, id)
  const loaded = await unlessAborted(
    runtime.loads.entries.join(key, () => readEntry(cache, key)),
    request.signal,
  )
  if (loaded === undefined) return undefined
  const { entry } = loaded
  checkVisible(runtime, context, id, 'credential.read', entry.fields)
  if (entry.fields.status !== 'active') return undefined
  loaded.token ??= openEntry(runtime, context, entry)
  const token = await unlessAborted(loaded.token, request.signal)
  if (token === undefined || !isUsable(runtime, { token }, request.minValidityMs)) return undefined
  // The shared cache forgets an entry when it is due, so the record's due time needs no place in it.
  keepHot(runtime, context, { ...entry.fields, version: 0, dueAt: undefined }, token, ticket)
  return token
}

/** A cache that is away or returns rubbish costs a look into the store, no more. */
async function readEntry(cache: TokenCache, key: string): Promise<LoadedEntry | undefined> {
  const entry = await cache.get(key).catch(() => undefined)
  return entry && { entry }
}

async function openEntry(
  runtime: Runtime,
  context: BoundContext,
  entry: CachedToken,
): Promise<AccessToken | undefined> {
  try {
    return await runtime.sealer.openToken(entry.fields, entry.sealed)
  } catch (error) {
    if (isCredentialError(error, 'DECRYPTION_FAILED')) {
      runtime.audit.queue(
        auditEvent(
          runtime,
          context,
          { action: 'credential.read', outcome: 'violation', code: error.code, reason: 'cached_token' },
          entry.fields,
        ),
      )
    }
    return undefined
  }
}

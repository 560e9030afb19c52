import { randomBytes } from 'node:crypto'
import {
  type BearerToken,
  bearerToken,
  type CredentialId,
  CredentialManager,
  type CredentialView,
  defineCredential,
  MemoryStateStore,
  type RefreshPolicy,
  rawKey,
  type StateStore,
  secret,
} from '@nebula-credential/core'
import { z } from 'zod'

/** A static credential: its token never expires, so that nothing but the lookup is measured. */
export const benchKey = defineCredential({
  type: 'bench_key',
  input: z.object({ value: secret(), padding: z.string() }),
  state: z.object({ value: secret(), padding: z.string() }),
  token: bearerToken,
  initialize: ({ value, padding }) => ({ value, padding }),
  access: ({ value }) => ({ value }),
})

export interface FilledManager {
  readonly manager: CredentialManager
  readonly view: CredentialView
  /** As a host has them, read from its database: flat strings that are not the cache's own. */
  readonly ids: readonly CredentialId<BearerToken>[]
}

export interface FillOptions {
  readonly credentials: number
  readonly key?: Uint8Array
  readonly store?: StateStore
  readonly policy?: Partial<RefreshPolicy>
  /** Bytes added to each state. Default 0. */
  readonly paddingBytes?: number
}

/** Policy numbers under which a run of minutes neither evicts nor expires an entry. */
export const nothingEvicted = {
  l1MaxEntries: Number.MAX_SAFE_INTEGER,
  l1TtlMs: 86_400_000,
} satisfies Partial<RefreshPolicy>

/** A manager with so many credentials in its store, none of them read yet. */
export async function fillManager(options: FillOptions): Promise<FilledManager> {
  const manager = await CredentialManager.builder()
    .withStorage(options.store ?? new MemoryStateStore())
    .withEncryption(rawKey(options.key ?? randomBytes(32)))
    .withPolicy(options.policy ?? {})
    .withCredentials(benchKey)
    .build()
  const view = manager.as({ tenantId: 'acme', actor: 'bench' })
  const padding = 'x'.repeat(options.paddingBytes ?? 0)
  const ids: CredentialId<BearerToken>[] = []
  for (let made = 0; made < options.credentials; made++) {
    const value = randomBytes(30).toString('base64url')
    const id = await view.createCredential(benchKey, { value, padding })
    ids.push(benchKey.id(Buffer.from(id).toString('latin1')))
    if (made % 1_000 === 0) await yieldToTimers()
  }
  return { manager, view, ids }
}

/** Reads every credential once, so that its token stands in memory. */
export async function warm({ view, ids }: FilledManager): Promise<BearerToken[]> {
  const tokens: BearerToken[] = []
  for (const id of ids) {
    tokens.push(await view.getToken(id))
    if (tokens.length % 1_000 === 0) await yieldToTimers()
  }
  return tokens
}

function yieldToTimers(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

import { randomBytes } from 'node:crypto'
import type { CredentialId, CredentialRecord, StateStore } from '@nebula-credential/core'

/** Who has half of all credentials; the others have so many tenants as it takes for this many each. */
export const largeTenant = 'acme'
const perSmallTenant = 250

/** Credentials that are due for a refresh at or before this instant: one in five. */
export const dueBefore = 1_800_000_000_000
/** One in ten of the large tenant's carries it. */
export const teamLabel = { team: 'support' }
/** One in three is of it. */
export const rarerType = 'chat_bot'
/** One in twenty has it. */
export const rarerStatus = 'failed'

/** As many calls as a busy host has under way. */
const concurrency = 64
// A sealed OAuth state is of about this size.
const stateBytes = 800

/**
 * Creates so many credentials by the store's own `create`, with random ids as the manager makes them, so that they
 * lie in the backend as they would had they been created one after another. Returns how long it took, in ms.
 */
export async function fillStore(store: StateStore, credentials: number): Promise<number> {
  const state = randomBytes(stateBytes)
  const startedAt = performance.now()
  let made = 0
  const createOnAndOn = async () => {
    while (made < credentials) await store.create(newRecord(made++, credentials, state))
  }
  await Promise.all(Array.from({ length: concurrency }, createOnAndOn))
  return performance.now() - startedAt
}

function newRecord(n: number, credentials: number, state: Uint8Array): CredentialRecord {
  const isLarge = n % 2 === 0
  const smallTenants = Math.max(1, Math.round(credentials / 2 / perSmallTenant))
  const half = n >> 1
  const type = half % 3 === 0 ? rarerType : 'oauth2_refresh_token'
  return {
    id: `${type}_${randomBytes(13).toString('hex')}` as CredentialId,
    version: 1,
    type,
    scope: { tenantId: isLarge ? largeTenant : `tenant ${half % smallTenants}` },
    shares: [],
    status: half % 20 === 0 ? rarerStatus : 'active',
    stateVersion: 1,
    generation: 1,
    name: `Credential ${n}`,
    labels: half % 10 === 0 ? teamLabel : {},
    expiresAt: dueBefore + 600_000,
    // Spread, so that the order of due times is not that of creation.
    dueAt: half % 5 === 0 ? dueBefore - spread(n) : dueBefore + 1 + spread(n),
    createdAt: dueBefore - 1e9 + n,
    updatedAt: dueBefore - 1e9 + n,
    state,
  }
}

/** Due times lie so far from `dueBefore` at most, in ms. */
export const dueSpreadMs = 2 ** 20

/** A number below {@link dueSpreadMs}, in no order. */
function spread(n: number): number {
  return Math.imul(n, 0x9e3779b1) >>> 12
}

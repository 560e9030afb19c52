import { type CredentialManager, rawKey } from '@nebula-credential/core'
import { benchKey } from '../filled-manager.ts'
import type { StoredBuilder } from '../herd/backend/backend.ts'

/** The manager of the process that revokes, and of the one that holds. */
export function buildManager(
  builder: StoredBuilder,
  key: string,
  l1TtlMs: number,
): Promise<CredentialManager> {
  return builder
    .withEncryption(rawKey(key))
    .withCredentials(benchKey)
    .withContext({ tenantId: 'acme', actor: 'revoke' })
    .withPolicy({ l1TtlMs })
    .build()
}

import {
  type CredentialRecord,
  credentialKey,
  MemoryBackend,
  type MemoryStateStore,
} from '@nebula-credential/core'
import type { StateStoreHarness } from '../../src/index.ts'
import type { Mutant } from './mutant.ts'

/** A mutant whose two stores are broken alike and share one backend. */
export function breakStateStore(
  name: string,
  caughtBy: string,
  make: (backend: MemoryBackend) => MemoryStateStore,
): Mutant<StateStoreHarness> {
  const open = async () => {
    const backend = new MemoryBackend()
    return { first: make(backend), second: make(backend) }
  }
  return { name, caughtBy, open }
}

export function keyOf(record: CredentialRecord): string {
  return credentialKey(record.scope.tenantId, record.id)
}

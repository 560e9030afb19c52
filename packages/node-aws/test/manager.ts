import { CredentialManager, MemoryStateStore, rawKey } from '@nebula-credential/core'
import { onTestFinished } from 'vitest'
import { loopbackFetch } from './service.ts'

/** A manager of one tenant whose credentials reach servers on this machine. It is closed with the test. */
export async function newManager(): Promise<CredentialManager> {
  const manager = await CredentialManager.builder()
    .withStorage(new MemoryStateStore())
    .withEncryption(rawKey(Buffer.alloc(32, 7)))
    .withFetch(loopbackFetch)
    .withPolicy({ replicationLagMs: 0, retryPauseMs: 1 })
    .withContext({ tenantId: 'acme', actor: 'test' })
    .build()
  onTestFinished(() => manager.close())
  return manager
}

import { CredentialManager, MemoryStateStore, rawKey } from '@nebula-credential/core'
import { awsAccessKey, awsAssumeRole } from '../src/index.ts'
import { accessKey, loopbackFetch, startAws } from './service.ts'

/** A manager of one tenant whose credentials reach servers on this machine. */
export function newManager(): Promise<CredentialManager> {
  return CredentialManager.builder()
    .withStorage(new MemoryStateStore())
    .withEncryption(rawKey(Buffer.alloc(32, 7)))
    .withFetch(loopbackFetch)
    .withPolicy({ replicationLagMs: 0, retryPauseMs: 1 })
    .withContext({ tenantId: 'acme', actor: 'test' })
    .build()
}

/** AWS on loopback, and a manager with an access key and a role there. */
export async function openWorld() {
  const stack = new AsyncDisposableStack()
  const service = stack.use(await startAws())
  const manager = stack.use(await newManager())
  const location = { region: 'eu-central-1', endpoint: service.origin }
  const key = { ...location, ...accessKey }
  const id = await manager.createCredential(awsAccessKey, key)
  const roleArn = 'arn:aws:iam::123456789012:role/workflows'
  const role = await manager.createCredential(awsAssumeRole, { ...key, roleArn })
  service.forgetRequests()
  return { service, manager, location, key, id, role, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

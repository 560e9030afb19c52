import { CredentialManager, MemoryStateStore, rawKey } from '@nebula-credential/core'
import { guardedFetch } from '@nebula-credential/outbound'
import { githubApp, githubToken } from '../src/index.ts'
import { appId, installationId, personalToken, privateKey, startGithub } from './service.ts'

/** A fetch that may reach the service of a test. */
export const loopbackFetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })

/** A GitHub server, and a manager with a personal access token for it. */
export async function openWorld() {
  const stack = new AsyncDisposableStack()
  const service = stack.use(await startGithub())
  const manager = stack.use(
    await CredentialManager.builder()
      .withStorage(new MemoryStateStore())
      .withEncryption(rawKey(Buffer.alloc(32, 7)))
      .withContext({ tenantId: 'acme', actor: 'test' })
      .withPolicy({ replicationLagMs: 0, retryPauseMs: 1 })
      .withFetch(loopbackFetch)
      .build(),
  )
  const baseUrl = `${service.origin}/api/v3`
  const app = { appId, privateKey, installationId, baseUrl }
  const id = await manager.createCredential(githubToken, { token: personalToken, baseUrl })
  const installed = () => manager.createCredential(githubApp, app)
  return { service, manager, id, baseUrl, app, installed, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

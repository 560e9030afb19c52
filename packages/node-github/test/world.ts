import { type Clock, CredentialManager, MemoryStateStore, rawKey, systemClock } from '@nebula-credential/core'
import { guardedFetch } from '@nebula-credential/outbound'
import { githubApp, githubOAuthApp, githubToken } from '../src/index.ts'
import { callbackUrl, oauthApp } from './login.ts'
import { appId, installationId, personalToken, privateKey, startGithub } from './service.ts'

/** A fetch that may reach the service of a test. */
export const loopbackFetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })

/** A clock that can be put forward, and waits for people 200 times as fast. Requests get their time as it is. */
class HastyClock implements Clock {
  aheadMs = 0
  readonly every = systemClock.every

  now(): number {
    return Date.now() + this.aheadMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms <= 10_000 ? ms / 200 : ms, signal)
  }
}

/** A GitHub server, and a manager with a personal access token for it. */
export async function openWorld() {
  const stack = new AsyncDisposableStack()
  const clock = new HastyClock()
  const service = stack.use(await startGithub())
  const manager = stack.use(
    await CredentialManager.builder()
      .withStorage(new MemoryStateStore())
      .withEncryption(rawKey(Buffer.alloc(32, 7)))
      .withContext({ tenantId: 'acme', actor: 'test' })
      .withPolicy({ replicationLagMs: 0, retryPauseMs: 1 })
      .withFetch(loopbackFetch)
      .withClock(clock)
      .build(),
  )
  const baseUrl = `${service.origin}/api/v3`
  const app = { appId, privateKey, installationId, baseUrl }
  const id = await manager.createCredential(githubToken, { token: personalToken, baseUrl })
  const installed = () => manager.createCredential(githubApp, app)
  /** What a person's browser brings back from GitHub. */
  const consent = async (url: string) =>
    (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? ''
  const connection = { client: oauthApp, redirectUri: callbackUrl, scope: 'repo workflow', baseUrl }
  const connected = async () => {
    const begun = await manager.beginAuthorization(githubOAuthApp, connection)
    const callback = await consent((begun.interaction as { url: string }).url)
    return manager.resumeAuthorization(callback, { ...begun, definition: githubOAuthApp })
  }
  return {
    clock,
    connection,
    consent,
    connected,
    service,
    manager,
    id,
    baseUrl,
    app,
    installed,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

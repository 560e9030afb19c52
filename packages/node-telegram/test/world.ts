import { CredentialManager, MemoryStateStore, rawKey } from '@nebula-credential/core'
import { guardedFetch } from '@nebula-credential/outbound'
import { telegramBot } from '../src/index.ts'
import { startBotApi } from './service.ts'

export const botToken = '7:sentinel-token'

/** A fetch that may reach the service of a test. */
export const loopbackFetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })

/** A Bot API server, and a manager with a credential for its bot. */
export async function openWorld(input: { webhookSecret?: string } = {}) {
  const stack = new AsyncDisposableStack()
  const service = stack.use(await startBotApi(botToken))
  const manager = stack.use(
    await CredentialManager.builder()
      .withStorage(new MemoryStateStore())
      .withEncryption(rawKey(Buffer.alloc(32, 7)))
      .withCredentials(telegramBot)
      .withContext({ tenantId: 'acme', actor: 'test' })
      .withFetch(loopbackFetch)
      .build(),
  )
  const id = await manager.createCredential(telegramBot, { botToken, apiRoot: service.origin, ...input })
  return { service, manager, id, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

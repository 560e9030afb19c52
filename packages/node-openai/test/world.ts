import { CredentialManager, type GivenOf, MemoryStateStore, rawKey } from '@nebula-credential/core'
import { guardedFetch } from '@nebula-credential/outbound'
import { openaiApiKey } from '../src/index.ts'
import { startOpenai } from './service.ts'

export const apiKey = 'sk-sentinel-key'

/** A fetch that may reach the service of a test. */
export const loopbackFetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })

type Input = Omit<GivenOf<typeof openaiApiKey>, 'apiKey'>

/** A server of the OpenAI API, and a manager with a credential for it. */
export async function openWorld(input?: (origin: string) => Input) {
  const stack = new AsyncDisposableStack()
  const service = stack.use(await startOpenai(apiKey))
  const manager = stack.use(
    await CredentialManager.builder()
      .withStorage(new MemoryStateStore())
      .withEncryption(rawKey(Buffer.alloc(32, 7)))
      .withCredentials(openaiApiKey)
      .withContext({ tenantId: 'acme', actor: 'test' })
      .withFetch(loopbackFetch)
      .build(),
  )
  const place = input?.(service.origin) ?? { baseURL: `${service.origin}/v1` }
  const id = await manager.createCredential(openaiApiKey, { apiKey, ...place })
  return { service, manager, id, place, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

export const azure = (origin: string) => ({
  azure: { endpoint: `${origin}/`, apiVersion: '2024-10-21', deployment: 'lamps' },
})

import { type Authorization, CredentialManager, MemoryStateStore, rawKey } from '@nebula-credential/core'
import {
  type LoopbackService,
  type ServiceAnswer,
  type ServiceRequest,
  startLoopbackService,
} from '@nebula-credential/testing'

/** A request to one of a provider's hosts. */
export interface ProviderRequest extends ServiceRequest {
  /** Host and path, as the provider's documentation names them. */
  readonly endpoint: string
  /** The body as a form. */
  readonly form: URLSearchParams
}

export interface ProviderWorld extends AsyncDisposable {
  readonly manager: CredentialManager
  readonly service: LoopbackService
  readonly requests: readonly ProviderRequest[]
  /** The requests to an endpoint. */
  to(endpoint: string): readonly ProviderRequest[]
}

/** A manager whose requests to whatever host all reach one server on this machine, which answers as that host would. */
export async function providerWorld(
  answer: (request: ProviderRequest) => ServiceAnswer,
): Promise<ProviderWorld> {
  const requests: ProviderRequest[] = []
  const service = await startLoopbackService(request => {
    const asked = {
      ...request,
      endpoint: request.path.slice(1),
      form: new URLSearchParams(request.body.toString()),
    }
    requests.push(asked)
    return answer(asked)
  })
  const fetch: typeof globalThis.fetch = (input, init) => {
    const { host, pathname, search } = new URL(input instanceof Request ? input.url : input)
    return globalThis.fetch(`${service.origin}/${host}${pathname}${search}`, init)
  }
  const manager = await CredentialManager.builder()
    .withStorage(new MemoryStateStore())
    .withEncryption(rawKey(Buffer.alloc(32, 7)))
    .withContext({ tenantId: 'acme', userId: 'ada', actor: 'web' })
    .withFetch(fetch)
    .build()
  return {
    manager,
    service,
    requests,
    to: endpoint => requests.filter(request => request.endpoint === endpoint),
    async [Symbol.asyncDispose]() {
      await manager.close()
      await service[Symbol.asyncDispose]()
    },
  }
}

/** Where the person's browser is sent. */
export function authorizationUrl({ interaction }: Pick<Authorization, 'interaction'>): URL {
  if (interaction.kind !== 'redirect') throw new Error('The interaction is no redirect')
  return new URL(interaction.url)
}

/** What a provider sends the person's browser back with. */
export function callbackOf({ state }: Pick<Authorization, 'state'>, more: Record<string, string> = {}) {
  return new URLSearchParams({ state, code: 'the code', ...more })
}

/** An ID token that a token endpoint hands out: over TLS its signature says nothing more, so it has an empty one. */
export function idToken(claims: Record<string, unknown>): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256' })}.${part({ iat: now, exp: now + 600, ...claims })}.${part('')}`
}

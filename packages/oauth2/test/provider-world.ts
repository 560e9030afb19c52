import {
  type Authorization,
  type CredentialError,
  CredentialManager,
  MemoryStateStore,
  rawKey,
} from '@nebula-credential/core'
import {
  type LoopbackService,
  type ServiceAnswer,
  type ServiceRequest,
  startLoopbackService,
} from '@nebula-credential/testing'
import { expect } from 'vitest'

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

/** The answers of a provider's endpoints, by host and path. */
export type Answers = Record<string, (request: ProviderRequest) => ServiceAnswer>

/** As {@link providerWorld}, with an answer an endpoint. */
export const worldOf = (answers: Answers): Promise<ProviderWorld> =>
  providerWorld(request => answers[request.endpoint]?.(request) ?? { status: 404, json: {} })

export const json =
  (value: unknown, status = 200) =>
  (): ServiceAnswer => ({ status, json: value })

/** Answers the exchange of a code and a refresh apart. */
export const byGrant =
  (exchange: unknown, refresh: unknown, refreshStatus = 200) =>
  ({ form }: ProviderRequest): ServiceAnswer =>
    form.get('grant_type') === 'refresh_token' ? { status: refreshStatus, json: refresh } : { json: exchange }

/** What connects an account of most providers. */
export const input = {
  client: { id: 'workflows', secret: 'hunter2' },
  redirectUri: 'https://app.example/callback',
}

/** Connects an account, as a person who consents. */
export async function connect<P extends { id(text: string): unknown }>(
  { manager }: ProviderWorld,
  provider: P,
  given: object = {},
): Promise<{ id: ReturnType<P['id']>; url: URL }> {
  const begun = await manager.beginAuthorization(provider as never, { ...input, ...given } as never)
  const id = await manager.resumeAuthorization(callbackOf(begun), begun)
  return { id: provider.id(id) as ReturnType<P['id']>, url: authorizationUrl(begun) }
}

export const rejection = (pending: Promise<unknown>): Promise<CredentialError> =>
  pending.then(
    () => expect.unreachable('it should have been rejected'),
    (error: CredentialError) => error,
  )

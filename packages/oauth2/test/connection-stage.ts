import {
  type AnyCredential,
  type AuditEvent,
  authenticateWith,
  type BearerToken,
  type Clock,
  type Context,
  type CredentialError,
  type CredentialId,
  CredentialManager,
  httpBearer,
  MemoryBackend,
  MemoryStateStore,
  type RefreshPolicy,
  rawKey,
  systemClock,
} from '@nebula-credential/core'
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  Browser,
  callbackUrl,
  type Person,
  startAuthorizationServer,
} from 'authorization-server'
import { expect, onTestFinished } from 'vitest'
import type { z } from 'zod'
import {
  oauth2ClientCredentials,
  oauth2Connection,
  oauth2DpopConnection,
  oauth2RefreshToken,
} from '../src/index.ts'
import { loopbackFetch } from './environment.ts'

type Given = z.input<typeof oauth2Connection.input>

export const ada = { tenantId: 'acme', userId: 'ada', actor: 'web' }
export const scope = 'openid email offline_access reports.read reports.write'

export interface StageOptions extends AuthorizationServerOptions {
  /** What time it is to the managers. The server has the machine's. Default: the machine's. */
  readonly clock?: Clock
  readonly fetch?: typeof globalThis.fetch
  readonly policy?: Partial<RefreshPolicy>
}

/** A real authorization server, a store, and any number of managers on them, as so many processes would be. */
export class ConnectionStage {
  readonly server: AuthorizationServer
  readonly backend: MemoryBackend
  readonly #options: StageOptions
  readonly #managers: CredentialManager[] = []

  private constructor(server: AuthorizationServer, options: StageOptions) {
    this.server = server
    this.#options = options
    this.backend = new MemoryBackend({ clock: options.clock ?? systemClock })
  }

  static async open(options: StageOptions = {}): Promise<ConnectionStage> {
    const server = await startAuthorizationServer(options)
    onTestFinished(() => server.close())
    return new ConnectionStage(server, options)
  }

  async manager(...further: readonly AnyCredential[]): Promise<CredentialManager> {
    const { clock = systemClock, fetch = loopbackFetch(), policy = {} } = this.#options
    const manager = await CredentialManager.builder()
      .withStorage(new MemoryStateStore(this.backend))
      .withEncryption(rawKey(Buffer.alloc(32, 7)))
      .withCredentials(
        oauth2ClientCredentials,
        oauth2Connection,
        oauth2DpopConnection,
        oauth2RefreshToken,
        ...further,
      )
      .withContext(ada)
      .withClock(clock)
      .withFetch(fetch)
      .withPolicy(policy)
      .build()
    this.#managers.push(manager)
    onTestFinished(() => manager.close())
    return manager
  }

  async view(context: Context = ada) {
    return (await this.manager()).as(context)
  }

  /** What is asked of a person by default: by the issuer, as a client with a secret. */
  input(overrides: Partial<Given> = {}): Given {
    return {
      server: { issuer: this.server.issuer },
      client: { authentication: 'client_secret_basic', ...this.server.clients.basic },
      redirectUri: callbackUrl,
      scope,
      ...overrides,
    }
  }

  /** What came of the token requests, in order. */
  get outcomes(): readonly string[] {
    return this.server.tokenRequests.map(({ grantType, outcome }) => `${shortName(grantType)} ${outcome}`)
  }

  /** What was audited of a tenant. */
  async events(tenantId = ada.tenantId): Promise<readonly AuditEvent[]> {
    for (const manager of this.#managers) await manager.operator('ops').verifyAudit()
    const operator = (await this.manager()).operator('ops')
    const events: AuditEvent[] = []
    for await (const { event } of operator.readAudit({ tenantId })) events.push(event as AuditEvent)
    return events
  }

  /** Whether the server takes a token for what it protects. */
  async accepts(token: BearerToken): Promise<boolean> {
    const request = new Request(this.server.protectedResourceUrl)
    return (await fetch(await authenticateWith(httpBearer, token, request))).status === 200
  }

  async works(manager: Pick<CredentialManager, 'getToken'>, id: CredentialId): Promise<boolean> {
    return this.accepts(await manager.getToken(oauth2Connection.id(id)))
  }
}

const shortName = (grantType: string) => grantType.split(':').at(-1)

interface Begun {
  readonly interaction: { readonly kind: string; readonly url?: string }
}

/** What the browser brings back when a person has signed in and consented. */
export async function consent({ interaction }: Begun, person: Partial<Person> = {}): Promise<string> {
  if (interaction.url === undefined) expect.unreachable('only a redirect can be visited')
  return new Browser({ account: 'ada', ...person }).visit(interaction.url)
}

export const rejection = (pending: Promise<unknown>): Promise<CredentialError> =>
  pending.then(
    () => expect.unreachable('it should have been rejected'),
    (error: CredentialError) => error,
  )

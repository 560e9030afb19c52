import type { CredentialEnvironment } from '@nebula-credential/core'
import { outboundFetch } from '@nebula-credential/outbound'
import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  clientCredentialsGrant,
  customFetch,
  type IntrospectionResponse,
  None,
  refreshTokenGrant,
  type ServerMetadata,
  tokenIntrospection,
  tokenRevocation,
} from 'openid-client'
import type { AuthorizationServer, OAuthClient, RequestedAccess } from './authorization-server.ts'
import { setIdTokenAside } from './id-token-aside.ts'
import { serverMetadata } from './server-metadata.ts'
import { tokenEndpointFailure } from './token-endpoint-errors.ts'
import type { TokenResponse } from './token-set.ts'

/** Who asks whom. */
export interface Registration {
  readonly server: AuthorizationServer
  readonly client: OAuthClient
}

/** One authorization server as one client of it reaches it, for the time of one piece of work. */
export class TokenEndpoint {
  readonly #metadata: ServerMetadata
  readonly #registration: Registration
  readonly #environment: CredentialEnvironment

  private constructor(
    metadata: ServerMetadata,
    registration: Registration,
    environment: CredentialEnvironment,
  ) {
    this.#metadata = metadata
    this.#registration = registration
    this.#environment = environment
  }

  /** @throws ProviderFailure transient; CredentialError CONFIG_INVALID when the issuer's metadata cannot be had */
  static async open(registration: Registration, environment: CredentialEnvironment): Promise<TokenEndpoint> {
    const metadata = await serverMetadata(registration.server, environment)
    return new TokenEndpoint(metadata, registration, environment)
  }

  get url(): string {
    return this.#metadata.token_endpoint ?? ''
  }

  /** RFC 6749 section 4.4. @throws ProviderFailure, CredentialError CONFIG_INVALID */
  clientCredentials(access: RequestedAccess): Promise<TokenResponse> {
    return this.#tokens(false, configuration => clientCredentialsGrant(configuration, parametersOf(access)))
  }

  /** RFC 6749 section 6. @throws ProviderFailure, CredentialError CONFIG_INVALID */
  refresh(refreshToken: string, access: RequestedAccess): Promise<TokenResponse> {
    return this.#tokens(true, configuration =>
      refreshTokenGrant(configuration, refreshToken, parametersOf(access)),
    )
  }

  /**
   * Whether a token is active, RFC 7662, and whose it is; undefined where no introspection endpoint is known.
   * @throws ProviderFailure, CredentialError CONFIG_INVALID
   */
  async introspect(token: string): Promise<IntrospectionResponse | undefined> {
    if (this.#metadata.introspection_endpoint === undefined) return undefined
    return this.#asking(this.#metadata.introspection_endpoint, false, configuration =>
      tokenIntrospection(configuration, token, { token_type_hint: 'access_token' }),
    )
  }

  /**
   * Gives a token up, RFC 7009; does nothing where no revocation endpoint is known.
   * @throws ProviderFailure, CredentialError CONFIG_INVALID
   */
  async revoke(token: string, hint: 'access_token' | 'refresh_token'): Promise<void> {
    const endpoint = this.#metadata.revocation_endpoint
    if (endpoint === undefined) return
    await this.#asking(endpoint, false, configuration =>
      tokenRevocation(configuration, token, { token_type_hint: hint }),
    )
  }

  async #tokens(
    rotating: boolean,
    grant: (configuration: Configuration) => Promise<TokenResponse>,
  ): Promise<TokenResponse> {
    const aside = setIdTokenAside()
    const response = await this.#asking(this.url, rotating, grant, aside.read)
    return { ...response, id_token: aside.idToken() }
  }

  async #asking<T>(
    endpoint: string,
    rotating: boolean,
    ask: (configuration: Configuration) => Promise<T>,
    read: (response: Response) => Response | Promise<Response> = response => response,
  ): Promise<T> {
    try {
      return await ask(this.#configuration(read))
    } catch (error) {
      const host = URL.parse(endpoint)?.host ?? 'The authorization server'
      throw await tokenEndpointFailure(error, { host, rotating, now: this.#environment.startedAt })
    }
  }

  #configuration(read: (response: Response) => Response | Promise<Response>): Configuration {
    const { client, server } = this.#registration
    const { signal } = this.#environment
    const fetch = outboundFetch(this.#environment)
    const configuration = new Configuration(this.#metadata, client.id, undefined, authenticationOf(client))
    // The manager limits the time, by the signal.
    configuration.timeout = 0
    configuration[customFetch] = async (url, options) =>
      read(await fetch(url, { ...(options as RequestInit), signal }))
    const configured = 'issuer' in server ? server.issuer : server.tokenEndpoint
    if (configured.startsWith('http:')) allowInsecureRequests(configuration)
    return configuration
  }
}

/** The circuit breaker's name of a client at a token endpoint. */
export function peerOf(tokenEndpoint: string, client: OAuthClient): string {
  return `${new URL(tokenEndpoint).origin} ${client.id}`
}

function authenticationOf(client: OAuthClient): ClientAuth {
  switch (client.authentication) {
    case 'client_secret_basic':
      return ClientSecretBasic(client.secret.expose())
    case 'client_secret_post':
      return ClientSecretPost(client.secret.expose())
    case 'none':
      return None()
  }
}

function parametersOf({ scope, audience, resource, parameters }: RequestedAccess): URLSearchParams {
  const search = new URLSearchParams(parameters)
  if (scope !== undefined) search.set('scope', scope)
  if (audience !== undefined) search.set('audience', audience)
  for (const service of resource ?? []) search.append('resource', service)
  return search
}

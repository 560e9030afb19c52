import type { CredentialEnvironment, Secret } from '@nebula-credential/core'
import { outboundFetch } from '@nebula-credential/outbound'
import {
  allowInsecureRequests,
  Configuration,
  clientCredentialsGrant,
  clockTolerance,
  customFetch,
  type DPoPOptions,
  genericGrantRequest,
  type IntrospectionResponse,
  refreshTokenGrant,
  type ServerMetadata,
  tokenIntrospection,
  tokenRevocation,
} from 'openid-client'
import {
  type AuthorizationServer,
  isDiscovered,
  parametersOf,
  type RequestedAccess,
} from './authorization-server.ts'
import { type Dialect, inDialect, inStandardWords } from './dialect.ts'
import { dpopHandle } from './dpop-handle.ts'
import { setIdTokenAside } from './id-token-aside.ts'
import type { JsonObject } from './json-object.ts'
import { authenticationOf, fetchOf, type OAuthClient, presentsCertificate } from './oauth-client.ts'
import { serverMetadata } from './server-metadata.ts'
import { tokenEndpointFailure } from './token-endpoint-errors.ts'
import type { TokenResponse } from './token-set.ts'

/** Who asks whom. */
export interface Registration {
  readonly server: AuthorizationServer
  /** Undefined where the grant alone says who asks, RFC 7523 section 3.1. */
  readonly client?: OAuthClient | undefined
}

export interface TokenEndpointOptions {
  readonly dialect?: Dialect | undefined
  /** The key that tokens are bound to, RFC 9449. */
  readonly dpopKey?: Secret | undefined
}

/** How one request is made and its answer read. */
export interface Asking {
  /** Named in errors. */
  readonly endpoint: string | undefined
  /** Whether it may use up a refresh token. */
  readonly rotating?: boolean
  /** Sees the answer before the library does. */
  readonly read?: (response: Response) => Response | Promise<Response>
}

const clockToleranceS = 60

// The library wants a name, and sends it only where the client authenticates.
const unnamed = 'unnamed'

/** One authorization server as one client of it reaches it, for the time of one piece of work. */
export class TokenEndpoint {
  readonly metadata: ServerMetadata
  readonly #registration: Registration
  readonly #environment: CredentialEnvironment
  readonly #options: TokenEndpointOptions

  private constructor(
    metadata: ServerMetadata,
    registration: Registration,
    environment: CredentialEnvironment,
    options: TokenEndpointOptions,
  ) {
    this.metadata = metadata
    this.#registration = registration
    this.#environment = environment
    this.#options = options
  }

  /** @throws ProviderFailure transient; CredentialError CONFIG_INVALID when the issuer's metadata cannot be had */
  static async open(
    { server, client }: Registration,
    environment: CredentialEnvironment,
    options: TokenEndpointOptions = {},
  ): Promise<TokenEndpoint> {
    const metadata = await serverMetadata(server, environment)
    return new TokenEndpoint(metadata, { server, client }, environment, options)
  }

  get url(): string {
    return this.metadata.token_endpoint ?? ''
  }

  /** What this client's requests go through. @throws CredentialError CONFIG_INVALID, as {@link fetchOf} */
  get fetch(): typeof globalThis.fetch {
    return fetchOf(this.#registration.client, outboundFetch(this.#environment))
  }

  get dialect(): Dialect {
    return this.#options.dialect ?? {}
  }

  /** RFC 6749 section 4.4. @throws ProviderFailure, CredentialError CONFIG_INVALID */
  clientCredentials(access: RequestedAccess): Promise<TokenResponse> {
    return this.tokens(false, (configuration, dpop) =>
      clientCredentialsGrant(configuration, this.requestParameters(access), dpop),
    )
  }

  /** RFC 6749 section 6. @throws ProviderFailure, CredentialError CONFIG_INVALID */
  refresh(refreshToken: string, access: RequestedAccess): Promise<TokenResponse> {
    return this.#refreshing().tokens(true, (configuration, dpop) =>
      refreshTokenGrant(configuration, refreshToken, this.requestParameters(access), dpop),
    )
  }

  #refreshing(): TokenEndpoint {
    const { refreshEndpoint } = this.dialect
    if (refreshEndpoint === undefined) return this
    const metadata = { ...this.metadata, token_endpoint: refreshEndpoint }
    return new TokenEndpoint(metadata, this.#registration, this.#environment, this.#options)
  }

  /** Any other grant. @throws ProviderFailure, CredentialError CONFIG_INVALID */
  grant(
    type: string,
    own: Readonly<Record<string, string>>,
    access: RequestedAccess,
    read?: Asking['read'],
  ): Promise<TokenResponse> {
    const parameters = this.requestParameters(access)
    for (const [name, value] of Object.entries(own)) parameters.set(name, value)
    return this.tokens(
      false,
      (configuration, dpop) => genericGrantRequest(configuration, type, parameters, dpop),
      read,
    )
  }

  /**
   * Whether a token is active, RFC 7662, and whose it is; undefined where no introspection endpoint is known.
   * @throws ProviderFailure, CredentialError CONFIG_INVALID
   */
  async introspect(token: string): Promise<IntrospectionResponse | undefined> {
    const endpoint = this.metadata.introspection_endpoint
    if (endpoint === undefined) return undefined
    return this.ask({ endpoint }, configuration =>
      tokenIntrospection(configuration, token, { token_type_hint: 'access_token' }),
    )
  }

  /**
   * Gives a token up, RFC 7009; does nothing where no revocation endpoint is known.
   * @throws ProviderFailure, CredentialError CONFIG_INVALID
   */
  async revoke(token: string, hint: 'access_token' | 'refresh_token'): Promise<void> {
    const endpoint = this.metadata.revocation_endpoint
    if (endpoint === undefined) return
    await this.ask({ endpoint }, configuration =>
      tokenRevocation(configuration, token, { token_type_hint: hint }),
    )
  }

  /** A token request whose ID token, if any, is kept unverified. @throws ProviderFailure, CredentialError */
  async tokens(
    rotating: boolean,
    request: (configuration: Configuration, dpop: DPoPOptions) => Promise<TokenResponse>,
    read: Asking['read'] = response => response,
  ): Promise<TokenResponse> {
    const aside = setIdTokenAside()
    const response = await this.#tokens(rotating, request, async answer => aside.read(await read(answer)))
    return { ...response, id_token: aside.idToken() }
  }

  /** A token request whose ID token the library verifies. @throws ProviderFailure, CredentialError */
  verifiedTokens<R extends TokenResponse>(
    request: (configuration: Configuration, dpop: DPoPOptions) => Promise<R>,
  ): Promise<R & Pick<TokenResponse, 'body'>> {
    return this.#tokens(false, request, response => response)
  }

  async #tokens<R extends TokenResponse>(
    rotating: boolean,
    request: (configuration: Configuration, dpop: DPoPOptions) => Promise<R>,
    read: NonNullable<Asking['read']>,
  ): Promise<R & Pick<TokenResponse, 'body'>> {
    const { dialect } = this.#options
    if (dialect === undefined) return this.ask({ endpoint: this.url, rotating, read }, request)
    let body: JsonObject = {}
    const inOurWords = async (answer: Response) =>
      read(
        await inStandardWords(dialect, answer, heard => {
          body = heard
        }),
      )
    const response = await this.ask({ endpoint: this.url, rotating, read: inOurWords }, request)
    return Object.assign(response, { body })
  }

  /** Makes one request by the library, with its errors classified. @throws ProviderFailure, CredentialError */
  async ask<T>(
    { endpoint, rotating = false, read = response => response }: Asking,
    request: (configuration: Configuration, dpop: DPoPOptions) => Promise<T>,
  ): Promise<T> {
    try {
      const configuration = await this.#configuration(read)
      return await request(configuration, await this.#dpop(configuration))
    } catch (error) {
      const host = URL.parse(endpoint ?? '')?.host ?? 'The authorization server'
      throw await tokenEndpointFailure(error, { host, rotating, now: this.#environment.startedAt })
    }
  }

  async #configuration(read: NonNullable<Asking['read']>): Promise<Configuration> {
    const { client, server } = this.#registration
    const { signal } = this.#environment
    const { fetch } = this
    const properties = {
      [clockTolerance]: clockToleranceS,
      use_mtls_endpoint_aliases: presentsCertificate(client),
    }
    const configuration = new Configuration(
      this.metadata,
      client?.id ?? unnamed,
      properties,
      client ? await authenticationOf(client) : () => {},
    )
    // The manager limits the time, by the signal.
    configuration.timeout = 0
    const tokenUrls = new Set([this.url, this.metadata.mtls_endpoint_aliases?.token_endpoint])
    configuration[customFetch] = async (url, options) => {
      const init = { ...(options as RequestInit), signal }
      return read(await fetch(url, tokenUrls.has(url) ? inDialect(init, this.dialect) : init))
    }
    const configured = isDiscovered(server) ? server.issuer : server.tokenEndpoint
    if (configured.startsWith('http:')) allowInsecureRequests(configuration)
    return configuration
  }

  async #dpop(configuration: Configuration): Promise<DPoPOptions> {
    const { dpopKey } = this.#options
    if (dpopKey === undefined) return {}
    return { DPoP: await dpopHandle(configuration, dpopKey) }
  }

  /** The parameters of a token request, with those that the provider always wants. */
  requestParameters(access: RequestedAccess): URLSearchParams {
    const parameters = parametersOf(access)
    for (const [name, value] of Object.entries(this.dialect.tokenParameters ?? {})) {
      parameters.set(name, value)
    }
    return parameters
  }
}

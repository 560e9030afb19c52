import { authorizationCodeGrant, type Configuration, type DPoPOptions } from 'openid-client'
import { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import { type PendingRedirect, pendingRedirect } from './authorization-request.ts'
import { callbackParameters, checkedCallback } from './callback.ts'
import { type CompletedOAuth2Flow, completedFlow, type GrantedTokens } from './completed-oauth2-flow.ts'
import { type FlowConfig, hasIssuer } from './flow-config.ts'
import { type FlowEnvironment, flowEnvironment } from './flow-environment.ts'
import { serializePending } from './serialized-flow.ts'

/** A flow that waits for the person's browser to come back. */
export class StartedOAuth2Flow {
  readonly #config: FlowConfig
  /** What must be kept until the callback comes, and be kept secret. */
  readonly pending: PendingRedirect

  constructor(config: FlowConfig, pending: PendingRedirect) {
    this.#config = config
    this.pending = pending
  }

  /** Where to send the person. */
  get url(): string {
    return this.pending.url
  }

  /** Until when the URL can be visited, in epoch ms, where the server says. */
  get urlExpiresAt(): number | undefined {
    return this.pending.urlExpiresAt
  }

  /** The flow as JSON text **with its secrets in clear**, for sealing only: `OAuth2Flow.resume` goes on with it. */
  serialize(): string {
    return serializePending(pendingRedirect, this.pending)
  }

  /**
   * Exchanges the callback's code for tokens. The callback's state, issuer (RFC 9207) and error are checked before;
   * the ID token's issuer, audience, nonce and times after.
   *
   * @throws ProviderFailure terminal when the person or the server said no; CredentialError ISSUER_MISMATCH, FLOW_FORGED
   */
  async complete(
    callback: string | URL | URLSearchParams,
    given: FlowEnvironment = {},
  ): Promise<CompletedOAuth2Flow> {
    const environment = flowEnvironment(given)
    const { dpopKey, state } = this.pending
    const endpoint = await TokenEndpoint.open(this.#config, environment, {
      dialect: this.#config.dialect,
      dpopKey,
    })
    const { metadata } = endpoint
    const isKnown = hasIssuer(this.#config)
    const parameters = checkedCallback(callbackParameters(callback), { metadata, hasIssuer: isKnown, state })
    const granted = await this.#exchange(endpoint, parameters, isKnown)
    return completedFlow(this.#config, endpoint, environment, { ...granted, callback: parameters, dpopKey })
  }

  /** An ID token is believed only from a server whose name we know. */
  async #exchange(
    endpoint: TokenEndpoint,
    parameters: URLSearchParams,
    verified: boolean,
  ): Promise<GrantedTokens> {
    const { redirectUri, state, nonce, codeVerifier } = this.pending
    const callback = new URL(redirectUri)
    callback.search = parameters.toString()
    const checks = {
      expectedState: state,
      ...(codeVerifier !== undefined && { pkceCodeVerifier: codeVerifier.expose() }),
      ...(nonce !== undefined && { expectedNonce: nonce }),
    }
    const { resource, parameters: further } = this.#config
    const tokenParameters = endpoint.requestParameters({ resource, parameters: further })
    const exchange = (configuration: Configuration, dpop: DPoPOptions) =>
      authorizationCodeGrant(configuration, callback, checks, tokenParameters, dpop)
    if (!verified) return { answer: await endpoint.tokens(false, exchange) }
    const answer = await endpoint.verifiedTokens(exchange)
    return { answer, claims: answer.claims() }
  }
}

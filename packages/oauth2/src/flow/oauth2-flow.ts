import { CredentialError } from '@nebula-credential/core'
import { randomState } from 'openid-client'
import { z } from 'zod'
import type { authorizationServer } from '../token-endpoint/authorization-server.ts'
import { newDpopKey } from '../token-endpoint/dpop-key.ts'
import { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import { authorizationRequest, pendingRedirect } from './authorization-request.ts'
import { deviceRequest, pendingDevice } from './device-request.ts'
import type { FlowConfig } from './flow-config.ts'
import { type FlowEnvironment, flowEnvironment } from './flow-environment.ts'
import { flowInput } from './flow-input.ts'
import { parsePending } from './serialized-flow.ts'
import { StartedDeviceFlow } from './started-device-flow.ts'
import { StartedOAuth2Flow } from './started-oauth2-flow.ts'

/**
 * A person's consent by redirect, RFC 6749 section 4.1, that has not started. Each state is a class of its own: what a
 * state cannot do does not compile.
 *
 * @example
 * const flow = OAuth2Flow.builder().withServer(server).withClient(client).withRedirectUri(uri).build()
 * const started = await flow.start()
 * const { accessToken } = await started.complete(callbackUrl)
 */
export class OAuth2Flow {
  readonly #config: FlowConfig & { readonly redirectUri: string }

  constructor(config: FlowConfig & { readonly redirectUri: string }) {
    this.#config = config
  }

  static builder(): OAuth2FlowBuilder {
    return new OAuth2FlowBuilder({})
  }

  /**
   * Begins the flow. `state` is for a program that finds its flows by it; default a random one.
   * @throws ProviderFailure, CredentialError CONFIG_INVALID
   */
  async start(given: FlowEnvironment & { readonly state?: string } = {}): Promise<StartedOAuth2Flow> {
    const { state = randomState(), ...others } = given
    const environment = flowEnvironment(others)
    const { endpoint, dpopKey } = await open(this.#config, environment)
    const { startedAt } = environment
    const pending = await authorizationRequest(endpoint, this.#config, { state, startedAt, dpopKey })
    return new StartedOAuth2Flow(this.#config, pending)
  }

  /** Goes on with a flow that was started by the same config, maybe in another process. @throws CredentialError INPUT_INVALID */
  resume(serialized: string): StartedOAuth2Flow {
    return new StartedOAuth2Flow(this.#config, parsePending(pendingRedirect, serialized))
  }
}

/** A person's consent on another device, RFC 8628, that has not started. */
export class OAuth2DeviceFlow {
  readonly #config: FlowConfig

  constructor(config: FlowConfig) {
    this.#config = config
  }

  /** Begins the flow. @throws ProviderFailure, CredentialError CONFIG_INVALID */
  async start(given: FlowEnvironment = {}): Promise<StartedDeviceFlow> {
    const environment = flowEnvironment(given)
    const { endpoint, dpopKey } = await open(this.#config, environment)
    const { startedAt } = environment
    const pending = await deviceRequest(endpoint, this.#config, { startedAt, dpopKey })
    return new StartedDeviceFlow(this.#config, pending)
  }

  /** Goes on with a flow that was started by the same config, maybe in another process. @throws CredentialError INPUT_INVALID */
  resume(serialized: string): StartedDeviceFlow {
    return new StartedDeviceFlow(this.#config, parsePending(pendingDevice, serialized))
  }
}

async function open(config: FlowConfig, environment: FlowEnvironment) {
  const dpopKey = config.dpop === true ? await newDpopKey() : undefined
  const options = { dialect: config.dialect, dpopKey }
  return { endpoint: await TokenEndpoint.open(config, flowEnvironment(environment), options), dpopKey }
}

type Given = z.input<typeof flowInput>

function checked(given: Partial<Given>): FlowConfig {
  const result = z.safeDecode(flowInput, given as Given)
  if (result.success) return result.data
  const paths = result.error.issues.map(issue => issue.path.join('.') || 'the whole')
  throw new CredentialError(
    'CONFIG_INVALID',
    `The flow is not valid: check ${[...new Set(paths)].join(', ')}`,
  )
}

/** What a builder of a flow still lacks. A device flow needs no redirect URI. */
export type FlowLacking = 'server' | 'client' | 'redirectUri'

/** Gathers what a flow needs. Immutable: each method returns a new builder. */
export class OAuth2FlowBuilder<Lacks extends FlowLacking = FlowLacking> {
  declare readonly lacks: Lacks
  readonly #given: Partial<Given>

  constructor(given: Partial<Given>) {
    this.#given = given
  }

  /** Required. Its issuer, or its endpoints. */
  withServer(server: z.input<typeof authorizationServer>): OAuth2FlowBuilder<Exclude<Lacks, 'server'>> {
    return this.#with({ server })
  }

  /** Required. Our registration there. */
  withClient(client: Given['client']): OAuth2FlowBuilder<Exclude<Lacks, 'client'>> {
    return this.#with({ client })
  }

  /** Where the browser comes back to. Required, but for a device flow. */
  withRedirectUri(redirectUri: string): OAuth2FlowBuilder<Exclude<Lacks, 'redirectUri'>> {
    return this.#with({ redirectUri })
  }

  withScope(...scopes: readonly string[]): OAuth2FlowBuilder<Lacks> {
    return this.#with({ scope: scopes.join(' ') })
  }

  /** RFC 8707. */
  withResource(...resource: readonly string[]): OAuth2FlowBuilder<Lacks> {
    return this.#with({ resource: [...resource] })
  }

  /** Further parameters of the authorization request. */
  withParameters(authorizationParameters: Readonly<Record<string, string>>): OAuth2FlowBuilder<Lacks> {
    return this.#with({ authorizationParameters: { ...authorizationParameters } })
  }

  /** Binds the tokens to a key of their own, RFC 9449. */
  withDpop(): OAuth2FlowBuilder<Lacks> {
    return this.#with({ dpop: true })
  }

  /** @throws CredentialError CONFIG_INVALID naming what is malformed */
  build(this: OAuth2FlowBuilder<never>): OAuth2Flow {
    return new OAuth2Flow(checked(this.#given) as FlowConfig & { readonly redirectUri: string })
  }

  /** @throws CredentialError CONFIG_INVALID naming what is malformed */
  buildDevice(this: OAuth2FlowBuilder<'redirectUri'> | OAuth2FlowBuilder<never>): OAuth2DeviceFlow {
    return new OAuth2DeviceFlow(checked((this as OAuth2FlowBuilder<never>).#given))
  }

  #with<Next extends FlowLacking>(change: Partial<Given>): OAuth2FlowBuilder<Next> {
    return new OAuth2FlowBuilder({ ...this.#given, ...change })
  }
}

import {
  type AccessToken,
  type Authorized,
  type BegunInteraction,
  type CredentialEnvironment,
  CredentialError,
  defineCredential,
  type NotYet,
  type Secret,
  type TokenFields,
  type TokenKind,
} from '@nebula-credential/core'
import type { z } from 'zod'
import { grantPeer } from '../credential/grant-state.ts'
import type { AccountSource } from '../flow/account.ts'
import type { CompletedOAuth2Flow } from '../flow/completed-oauth2-flow.ts'
import type { FlowConfig } from '../flow/flow-config.ts'
import type { flowInput } from '../flow/flow-input.ts'
import { OAuth2DeviceFlow, OAuth2Flow } from '../flow/oauth2-flow.ts'
import { StartedDeviceFlow } from '../flow/started-device-flow.ts'
import { StartedOAuth2Flow } from '../flow/started-oauth2-flow.ts'
import type { Dialect } from '../token-endpoint/dialect.ts'
import {
  type ConnectionFlow,
  type ConnectionState,
  connectionFlow,
  connectionState,
} from './connection-state.ts'
import { type ConnectionToken, connectionToken } from './oauth-token.ts'
import { refreshConnection } from './refresh-connection.ts'
import { type OwnRevocation, revokeConnection } from './revoke-connection.ts'
import { verifyConnection } from './verify-connection.ts'

export interface ConnectionDefinition<Type extends string, Input extends z.ZodType> {
  readonly type: Type
  readonly input: Input
  /** Whom to ask for what, by the input. */
  request(input: z.output<Input>): z.output<typeof flowInput>
  /** Whether the person enters a code on another device instead of being redirected. */
  onDevice(input: z.output<Input>): boolean
  readonly dialect?: Dialect | undefined
  readonly account?: AccountSource | undefined
  /** How a grant ends, where that is not by RFC 7009. */
  readonly revocation?: OwnRevocation | undefined
}

/** Makes the credential type of a connection: a person's account at an authorization server. */
export function defineConnection<const Type extends string, Input extends z.ZodType>(
  definition: ConnectionDefinition<Type, Input>,
) {
  return defineCredential({
    // biome-ignore lint/nursery/noMisusedPromises: it is no promise
    ...connectionParts(definition, connectionToken),
    access: (state: ConnectionState): TokenFields<ConnectionToken> => tokenFields(state),
  })
}

/** What a token of a connection has, whatever its kind. */
export function tokenFields({ tokens, details }: ConnectionState): TokenFields<ConnectionToken> {
  const { accessToken, obtainedAt, expiresAt, refreshAt, scope } = tokens
  return { value: accessToken, obtainedAt, expiresAt, refreshAt, scope, details }
}

/** All of a connection's type but what makes its token. */
export function connectionParts<
  const Type extends string,
  Input extends z.ZodType,
  Token extends AccessToken & { readonly value: Secret },
>(definition: ConnectionDefinition<Type, Input>, token: TokenKind<Token>) {
  const { type, input, dialect, account, revocation } = definition
  const full = (config: z.output<typeof flowInput>): FlowConfig => ({ ...config, dialect, account })
  return {
    type,
    input,
    state: connectionState,
    token,
    initialize(): ConnectionState {
      throw new CredentialError(
        'NOT_SUPPORTED',
        `A credential of type "${type}" needs a person's consent: use beginAuthorization`,
      )
    },
    refresh: {
      rotating: true,
      supported: (state: ConnectionState) => state.tokens.refreshToken !== undefined,
      peer: grantPeer,
      perform: refreshConnection(dialect),
    },
    verify: verifyConnection<Token>({ dialect, account }),
    revoke: revokeConnection({ dialect, revocation }),
    permissions: ({ asked, tokens }: ConnectionState) => ({
      asked: asked?.split(' ') ?? [],
      granted: tokens.scope?.split(' ') ?? [],
    }),
    interactive: {
      flow: connectionFlow,
      async begin(
        given: z.output<Input>,
        { state }: { readonly state: string },
        environment: CredentialEnvironment,
      ): Promise<BegunInteraction<ConnectionFlow>> {
        const config = definition.request(given)
        if (definition.onDevice(given)) return beginOnDevice(config, full(config), environment)
        const { redirectUri } = config
        if (redirectUri === undefined) throw missingRedirectUri()
        const flow = new OAuth2Flow({ ...full(config), redirectUri })
        const { url, urlExpiresAt, pending } = await flow.start({ ...environment, state })
        return {
          flow: { config, pending },
          interaction: { kind: 'redirect', url, ...(urlExpiresAt && { expiresAt: urlExpiresAt }) },
        }
      },
      async resume(
        { config, pending }: ConnectionFlow,
        callback: URLSearchParams,
        environment: CredentialEnvironment,
      ): Promise<Authorized<ConnectionState>> {
        if (pending.kind !== 'redirect') {
          throw new CredentialError(
            'NOT_SUPPORTED',
            'A code on a device has no callback: use waitForAuthorization',
          )
        }
        const started = new StartedOAuth2Flow(full(config), pending)
        return authorized(config, await started.complete(callback, environment))
      },
      async poll(
        { config, pending }: ConnectionFlow,
        environment: CredentialEnvironment,
      ): Promise<Authorized<ConnectionState> | NotYet> {
        if (pending.kind !== 'device') {
          throw new CredentialError(
            'NOT_SUPPORTED',
            'A redirect ends with a callback: use resumeAuthorization',
          )
        }
        const outcome = await new StartedDeviceFlow(full(config), pending).poll(environment)
        return 'retryAfterMs' in outcome ? outcome : authorized(config, outcome)
      },
    },
  }
}

async function beginOnDevice(
  config: z.output<typeof flowInput>,
  full: FlowConfig,
  environment: CredentialEnvironment,
): Promise<BegunInteraction<ConnectionFlow>> {
  const { pending } = await new OAuth2DeviceFlow(full).start(environment)
  const { code } = pending
  return {
    flow: { config, pending },
    interaction: { kind: 'device_code', ...code },
    expiresAt: code.expiresAt,
  }
}

function authorized(
  {
    redirectUri: _uri,
    authorizationParameters: _asked,
    dpop: _dpop,
    scope,
    ...registration
  }: z.output<typeof flowInput>,
  { result }: CompletedOAuth2Flow,
): Authorized<ConnectionState> {
  const { account, ...granted } = result
  const state = { ...registration, ...(scope !== undefined && { asked: scope }), ...granted }
  return { state, ...(account !== undefined && { account }) }
}

function missingRedirectUri(): CredentialError {
  return new CredentialError('INPUT_INVALID', 'A connection by redirect needs a redirectUri', {
    issues: [{ path: 'redirectUri', reason: 'is missing' }],
  })
}

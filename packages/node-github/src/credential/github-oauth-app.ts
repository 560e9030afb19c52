import {
  type Authorized,
  type Credential,
  type CredentialEnvironment,
  defineCredential,
  type Interactive,
  isCredentialError,
  ProviderFailure,
  secret,
} from '@nebula-credential/core'
import { type ConnectionState, connectionParts, providers } from '@nebula-credential/oauth2'
import { z } from 'zod'
import { type GithubToken, githubAccess, githubServer } from './github-server.ts'
import { siteOf } from './github-site.ts'
import { revokeOAuthToken } from './revoke-oauth-token.ts'
import { verifyUser } from './verify-user.ts'

const input = z
  .strictObject({
    /** The OAuth App's registration. A device needs no secret. */
    client: z.strictObject({
      id: z.string().trim().min(1),
      secret: secret(z.string().trim().min(1)).optional(),
    }),
    /** How the person consents: in their browser, or by a code on another device. Default in their browser. */
    grant: z.enum(['authorization_code', 'device_code']).optional(),
    /** Where the browser comes back to, as it is registered. Not needed for a device. */
    redirectUri: z.string().optional(),
    /** What the tokens may do: `repo workflow`. Default: what everybody may see. */
    scope: z.string().min(1).optional(),
    /** The account that GitHub suggests to the person. */
    login: z.string().min(1).optional(),
    ...githubServer,
  })
  .refine(({ client, grant }) => grant === 'device_code' || client.secret !== undefined, {
    path: ['client', 'secret'],
    error: 'is needed unless the grant is device_code',
  })
type Input = z.output<typeof input>

const parts = connectionParts(
  {
    type: 'github_oauth_app',
    input,
    request: ({ client, redirectUri, scope, login, baseUrl }: Input) => ({
      server: serverOf(siteOf({ baseUrl })),
      client:
        client.secret === undefined
          ? { authentication: 'none' as const, id: client.id }
          : { authentication: 'client_secret_post' as const, id: client.id, secret: client.secret },
      ...(redirectUri !== undefined && { redirectUri }),
      ...(scope !== undefined && { scope }),
      ...(login !== undefined && { authorizationParameters: { login } }),
    }),
    onDevice: ({ grant }) => grant === 'device_code',
    dialect: providers.github.provider.dialect,
  },
  githubAccess,
)

const state = parts.state.extend(githubServer)
type State = z.output<typeof state>
const flow = z.object({ connection: parts.interactive.flow, ...githubServer })
type Flow = z.output<typeof flow>

// Written out: the inferred one repeats all of the state in the package's declarations.
type GithubOAuthApp = Credential<z.input<typeof input>, Input, State, GithubToken, 'github_oauth_app'> & {
  readonly interactive: Interactive<Input, State, Flow>
}

const definition = defineCredential({
  type: parts.type,
  input,
  state,
  token: githubAccess,
  initialize: parts.initialize as () => State,
  access: ({ tokens, baseUrl }) => {
    const { accessToken, obtainedAt, expiresAt, refreshAt, scope } = tokens
    return { value: accessToken, obtainedAt, expiresAt, refreshAt, scope, baseUrl }
  },
  refresh: {
    rotating: true,
    supported: ({ tokens }) => tokens.refreshToken !== undefined,
    peer: state => parts.refresh.peer(state),
    perform: refreshed,
  },
  verify: verifyUser,
  revoke: revokeGrant,
  permissions: parts.permissions,
  interactive: {
    flow,
    async begin(given: Input, request: { readonly state: string }, environment: CredentialEnvironment) {
      const { flow, ...begun } = await parts.interactive.begin(given, request, environment)
      return { ...begun, flow: { connection: flow, baseUrl: given.baseUrl } }
    },
    async resume(
      { connection, baseUrl }: Flow,
      callback: URLSearchParams,
      environment: CredentialEnvironment,
    ) {
      const { state } = await parts.interactive.resume(connection, callback, environment)
      return withAccount({ ...state, baseUrl }, environment)
    },
    async poll({ connection, baseUrl }: Flow, environment: CredentialEnvironment) {
      const outcome = await parts.interactive.poll(connection, environment)
      return 'retryAfterMs' in outcome ? outcome : withAccount({ ...outcome.state, baseUrl }, environment)
    },
  },
})

/**
 * A person's account, connected to an OAuth App. Tokens last until they are given up; those of Apps that let them expire
 * last 8 hours, and are refreshed for as long as one is used every 6 months.
 *
 * @example
 * const begun = await acme.beginAuthorization(githubOAuthApp, {
 *   client: { id, secret }, redirectUri: 'https://app.example.com/callback', scope: 'repo',
 * })
 */
export const githubOAuthApp: GithubOAuthApp = definition

function serverOf(site: string) {
  return {
    authorizationEndpoint: `${site}/login/oauth/authorize`,
    tokenEndpoint: `${site}/login/oauth/access_token`,
    deviceAuthorizationEndpoint: `${site}/login/device/code`,
  }
}

async function refreshed(state: State, environment: CredentialEnvironment): Promise<State> {
  const next: ConnectionState = await parts.refresh.perform(state, environment)
  return { ...next, baseUrl: state.baseUrl }
}

/** The grant is there whether or not GitHub says now whose it is: verifying asks again. */
async function withAccount(state: State, environment: CredentialEnvironment): Promise<Authorized<State>> {
  const token = githubAccess.mint({ value: state.tokens.accessToken, baseUrl: state.baseUrl }, 1)
  try {
    const { account } = await verifyUser(token, environment)
    return { state, account }
  } catch (error) {
    if (error instanceof ProviderFailure || isCredentialError(error)) return { state }
    throw error
  }
}

/** A refresh token outlives its access token, so one that has ended is replaced to be given up. */
async function revokeGrant(state: State, environment: CredentialEnvironment): Promise<void> {
  const { client } = state
  if (client.authentication !== 'client_secret_post') {
    throw new ProviderFailure('config', 'GitHub ends tokens only for programs that have a client secret')
  }
  const { expiresAt, refreshToken } = state.tokens
  const hasEnded = expiresAt !== undefined && expiresAt <= environment.startedAt
  const { tokens } = hasEnded && refreshToken !== undefined ? await refreshed(state, environment) : state
  await revokeOAuthToken(state, client, tokens.accessToken, environment)
}

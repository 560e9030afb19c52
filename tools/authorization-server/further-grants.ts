import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider'

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

const claimsOfToken = new WeakMap<object, Readonly<Record<string, unknown>>>()

/** What introspection tells of a token besides: the provider asks when it saves one. */
export function furtherClaims(token: object): Readonly<Record<string, unknown>> | undefined {
  return claimsOfToken.get(token)
}

/** Adds the grants of RFC 7523 and RFC 8693, which the provider leaves to its users. */
export function registerFurtherGrants(provider: Provider, issuer: string): void {
  registerJwtBearer(provider, issuer)
  registerTokenExchange(provider)
}

/** For a subject whom the client names in an assertion that it signs, each of which is good once. */
function registerJwtBearer(provider: Provider, issuer: string): void {
  const used = new Set<string>()
  provider.registerGrantType<{ assertion?: string }>(
    jwtBearer,
    async context => {
      const { client, params } = context.oidc
      const { sub, jti, ...claims } = await verified(params.assertion, client, issuer)
      if (sub === undefined || jti === undefined || used.has(jti)) {
        throw new errors.InvalidGrant('the assertion is not valid')
      }
      used.add(jti)
      await answer(provider, context, sub, { department: claims.department })
    },
    ['assertion', 'scope'],
  )
}

async function verified(
  assertion: string | undefined,
  client: TokenEndpointGrantContext['oidc']['client'],
  issuer: string,
): Promise<JWTPayload> {
  try {
    const keys = createLocalJWKSet(client.jwks as never)
    const checks = {
      audience: [issuer, `${issuer}/token`],
      issuer: client.clientId,
      maxTokenAge: '10 minutes',
      requiredClaims: ['exp'],
    }
    return (await jwtVerify(assertion ?? '', keys, checks)).payload
  } catch {
    throw new errors.InvalidGrant('the assertion is not valid')
  }
}

/** For the account of an access token, which another client may have got; the actor's becomes the claim `act`. */
function registerTokenExchange(provider: Provider): void {
  const accountOf = async (token: string | undefined, type: string | undefined) => {
    const found = type === accessTokenType ? await provider.AccessToken.find(token ?? '') : undefined
    // RFC 8693 section 2.2.2.
    if (found === undefined) throw new errors.InvalidRequest('a token is not valid')
    return found.accountId
  }
  provider.registerGrantType<Record<string, string | undefined>>(
    tokenExchange,
    async context => {
      const { params } = context.oidc
      const account = await accountOf(params.subject_token, params.subject_token_type)
      const actor = params.actor_token && (await accountOf(params.actor_token, params.actor_token_type))
      const wanted = params.requested_token_type ?? accessTokenType
      if (wanted !== accessTokenType) throw new errors.InvalidRequest('such tokens are not issued')
      await answer(
        provider,
        context,
        account,
        { ...(actor && { act: { sub: actor } }), asked_audience: params.audience },
        { issued_token_type: accessTokenType },
      )
    },
    [
      'subject_token',
      'subject_token_type',
      'actor_token',
      'actor_token_type',
      'requested_token_type',
      'audience',
      'scope',
    ],
  )
}

/** Hands out a token. `claims` are what introspection tells of it besides. */
async function answer(
  provider: Provider,
  context: TokenEndpointGrantContext,
  accountId: string,
  claims: Readonly<Record<string, unknown>>,
  further: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { client, params } = context.oidc
  const scope = String(params.scope ?? 'reports.read')
  const grant = new provider.Grant({ accountId, clientId: client.clientId })
  grant.addOIDCScope(scope)
  const grantId = await grant.save()
  const token = new provider.AccessToken({
    accountId,
    client,
    grantId,
    gty: 'exchanged',
    scope,
    expiresWithSession: false,
  } as never)
  claimsOfToken.set(token, claims)
  context.body = {
    access_token: await token.save(),
    expires_in: token.expiration,
    token_type: 'Bearer',
    scope,
    ...further,
  }
}

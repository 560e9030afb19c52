import { createLocalJWKSet, jwtVerify } from 'jose'
import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider'

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** Adds the grants of RFC 7523 and RFC 8693, which the provider leaves to its users. */
export function registerFurtherGrants(provider: Provider, issuer: string): void {
  provider.registerGrantType<{ assertion?: string }>(
    jwtBearer,
    async context => {
      const { client, params } = context.oidc
      const keys = createLocalJWKSet(client.jwks as never)
      const { payload } = await jwtVerify(params.assertion ?? '', keys, {
        audience: [issuer, `${issuer}/token`],
        issuer: client.clientId,
        maxTokenAge: '10 minutes',
      }).catch(() => {
        throw new errors.InvalidGrant('the assertion is not valid')
      })
      await answer(provider, context, payload.sub ?? client.clientId, {})
    },
    ['assertion', 'scope'],
  )
  provider.registerGrantType<{ subject_token?: string; subject_token_type?: string }>(
    tokenExchange,
    async context => {
      const { subject_token: subject, subject_token_type: type } = context.oidc.params
      const token = await provider.AccessToken.find(subject ?? '')
      if (type !== 'urn:ietf:params:oauth:token-type:access_token' || token === undefined) {
        throw new errors.InvalidGrant('the subject token is not valid')
      }
      await answer(provider, context, token.accountId, {
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      })
    },
    ['subject_token', 'subject_token_type', 'scope'],
  )
}

async function answer(
  provider: Provider,
  context: TokenEndpointGrantContext,
  accountId: string,
  further: Record<string, string>,
): Promise<void> {
  const { client, params } = context.oidc
  const scope = String(params.scope ?? 'reports.read')
  const grant = new provider.Grant({ accountId, clientId: client.clientId })
  grant.addOIDCScope(scope)
  const grantId = await grant.save()
  const about = { accountId, client, grantId, gty: 'exchanged', scope, expiresWithSession: false }
  const token = new provider.AccessToken(about as never)
  context.body = {
    access_token: await token.save(),
    expires_in: token.expiration,
    token_type: 'Bearer',
    scope,
    ...further,
  }
}

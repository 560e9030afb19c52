import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { type ClientMetadata, type Configuration, errors, Provider } from 'oidc-provider'
import { devicePages } from './device-pages.ts'
import { furtherClaims, registerFurtherGrants } from './further-grants.ts'
import { mutualTls } from './mutual-tls.ts'
import { allScopes, scopes } from './scopes.ts'
import type { StrictStorage } from './strict-adapter.ts'

export interface ProviderOptions {
  readonly accessTokenTtlS: number
  readonly rotate: boolean
  readonly clients: readonly ClientMetadata[]
  readonly dpopNonce: boolean
  readonly pushedRequests: boolean
  readonly deviceCodeTtlS: number
  /** Whether clients may authenticate by a certificate. */
  readonly tls: boolean
}

/** Where there is no resource (RFC 8707) that the server knows: it knows all others. */
const unknownHost = 'unknown.example'

/** A real OpenID provider. */
export function createProvider(
  issuer: string,
  { accessTokenTtlS, rotate, clients, dpopNonce, pushedRequests, deviceCodeTtlS, tls }: ProviderOptions,
  storage: StrictStorage,
): Provider {
  const fortnightS = 14 * 24 * 3600
  const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  const configuration: Configuration = {
    adapter: model => storage.adapter(model),
    clients: [...clients],
    cookies: { keys: [randomBytes(32).toString('hex')] },
    jwks: { keys: [{ ...signingKey, use: 'sig', alg: 'ES256' } as never] },
    scopes: [...allScopes, 'reports.admin'],
    findAccount: (_, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, email: `${accountId}@example.com` }),
    }),
    claims: { openid: ['sub'], email: ['email'] },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
      'private_key_jwt',
      'none',
      ...(tls ? (['tls_client_auth', 'self_signed_tls_client_auth'] as const) : []),
    ],
    extraTokenClaims: (_, token) => furtherClaims(token) as never,
    rotateRefreshToken: rotate,
    issueRefreshToken: () => true,
    // It counts in whole seconds: no token ends before its client was told, and at most a second later.
    clockTolerance: 1,
    ttl: {
      AccessToken: accessTokenTtlS,
      ClientCredentials: accessTokenTtlS,
      RefreshToken: fortnightS,
      Grant: fortnightS,
      IdToken: accessTokenTtlS,
      Interaction: 600,
      Session: 600,
      DeviceCode: deviceCodeTtlS,
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true, ...devicePages },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => dpopNonce },
      pushedAuthorizationRequests: { enabled: pushedRequests },
      mTLS: tls ? mutualTls : { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: (_, client, token) => client.clientId === token.clientId,
      },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => client.clientId === token.clientId },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => {
          if (new URL(resource).hostname === unknownHost) throw new errors.InvalidTarget()
          return { scope: scopes.join(' '), accessTokenTTL: accessTokenTtlS, accessTokenFormat: 'opaque' }
        },
      },
    },
  }
  const provider = new Provider(issuer, configuration)
  registerFurtherGrants(provider, issuer)
  return provider
}

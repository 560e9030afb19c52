import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { type ClientMetadata, type Configuration, Provider } from 'oidc-provider'
import type { StrictStorage } from './strict-adapter.ts'

export interface ProviderOptions {
  readonly accessTokenTtlS: number
  readonly rotate: boolean
  readonly clients: readonly ClientMetadata[]
}

/** What the clients may ask for. */
export const scopes = ['openid', 'offline_access', 'reports.read', 'reports.write']

/** A real OpenID provider whose grants are issued by code instead of in a browser. */
export function createProvider(
  issuer: string,
  { accessTokenTtlS, rotate, clients }: ProviderOptions,
  storage: StrictStorage,
): Provider {
  const fortnightS = 14 * 24 * 3600
  const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  const configuration: Configuration = {
    adapter: model => storage.adapter(model),
    clients: [...clients],
    cookies: { keys: [randomBytes(32).toString('hex')] },
    jwks: { keys: [{ ...signingKey, use: 'sig', alg: 'ES256' } as never] },
    scopes: [...scopes, 'reports.admin'],
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
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
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: (_, client, token) => client.clientId === token.clientId,
      },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => client.clientId === token.clientId },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: scopes.join(' '),
          accessTokenTTL: accessTokenTtlS,
          accessTokenFormat: 'opaque',
        }),
      },
    },
  }
  return new Provider(issuer, configuration)
}

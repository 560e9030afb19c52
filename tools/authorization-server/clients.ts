import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { ClientMetadata } from 'oidc-provider'
import { allScopes } from './scopes.ts'

/** Where browsers come back to: nothing listens there, so a test reads the callback instead. */
export const callbackUrl = 'https://client.example/callback'

const newSecret = () => randomBytes(24).toString('base64url')

/** A new client of every kind of authentication. */
export function newClients() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const clients = {
    basic: { id: 'basic', secret: newSecret() },
    post: { id: 'post', secret: newSecret() },
    secretJwt: { id: 'secret-jwt', secret: newSecret() },
    keyJwt: { id: 'key-jwt', privateKey: pem },
    none: { id: 'none' },
  } as const
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] }
  const registered: ClientMetadata[] = [
    { ...registration('basic', 'client_secret_basic'), client_secret: clients.basic.secret },
    { ...registration('post', 'client_secret_post'), client_secret: clients.post.secret },
    { ...registration('secret-jwt', 'client_secret_jwt'), client_secret: clients.secretJwt.secret },
    { ...registration('key-jwt', 'private_key_jwt'), jwks: jwks as never },
    {
      ...registration('none', 'none'),
      application_type: 'native',
      redirect_uris: [callbackUrl, 'http://127.0.0.1/callback'],
    },
  ]
  return { clients, registered }
}

export type Clients = ReturnType<typeof newClients>['clients']

type Authentication =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'client_secret_jwt'
  | 'private_key_jwt'
  | 'tls_client_auth'
  | 'self_signed_tls_client_auth'
  | 'none'

/** What every client is registered with. */
export function registration(id: string, authentication: Authentication): ClientMetadata {
  const grants = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code']
  const confidential = [
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:token-exchange',
  ]
  return {
    client_id: id,
    token_endpoint_auth_method: authentication,
    grant_types: authentication === 'none' ? grants : [...grants, ...confidential],
    redirect_uris: [callbackUrl],
    id_token_signed_response_alg: 'ES256' as const,
    scope: allScopes.join(' '),
  }
}

import { secret } from '@nebula-credential/core'
import type { ClientCertificate } from '@nebula-credential/outbound'
import {
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretJwt,
  ClientSecretPost,
  None,
  PrivateKeyJwt,
  TlsClientAuth,
} from 'openid-client'
import { z } from 'zod'
import { certificateOf, clientCertificate } from './client-certificate.ts'
import { importSigningKey, signingKey } from './signing-key.ts'

const clientId = z.string().min(1)

/** Our client at an authorization server, and how it authenticates: OpenID Connect Core section 9, RFC 8705. */
export const oauthClient = z.discriminatedUnion('authentication', [
  z.strictObject({ authentication: z.literal('client_secret_basic'), id: clientId, secret: secret() }),
  z.strictObject({ authentication: z.literal('client_secret_post'), id: clientId, secret: secret() }),
  z.strictObject({ authentication: z.literal('client_secret_jwt'), id: clientId, secret: secret() }),
  z.strictObject({ authentication: z.literal('private_key_jwt'), id: clientId, ...signingKey.shape }),
  z.strictObject({
    authentication: z.enum(['tls_client_auth', 'self_signed_tls_client_auth']),
    id: clientId,
    ...clientCertificate.shape,
  }),
  z.strictObject({ authentication: z.literal('none'), id: clientId }),
])
export type OAuthClient = z.output<typeof oauthClient>

/** How a client authenticates, in the library's terms. @throws CredentialError CONFIG_INVALID for an unusable key */
export async function authenticationOf(client: OAuthClient): Promise<ClientAuth> {
  switch (client.authentication) {
    case 'client_secret_basic':
      return ClientSecretBasic(client.secret.expose())
    case 'client_secret_post':
      return ClientSecretPost(client.secret.expose())
    case 'client_secret_jwt':
      return ClientSecretJwt(client.secret.expose())
    case 'private_key_jwt': {
      const { key, keyId } = await importSigningKey(client)
      return PrivateKeyJwt(keyId === undefined ? key : { key, kid: keyId })
    }
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return TlsClientAuth()
    case 'none':
      return None()
  }
}

/** The certificate by which a connection itself tells who we are, RFC 8705 section 2; undefined for other clients. */
export function presentedCertificate(client: OAuthClient): ClientCertificate | undefined {
  const { authentication } = client
  const isPresented = authentication === 'tls_client_auth' || authentication === 'self_signed_tls_client_auth'
  return isPresented ? certificateOf(client) : undefined
}

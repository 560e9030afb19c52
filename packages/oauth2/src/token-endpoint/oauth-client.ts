import { secret } from '@nebula-credential/core'
import type { GuardedRequestInit } from '@nebula-credential/outbound'
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

type CertificateClient = Extract<OAuthClient, { readonly certificate: string }>

/** Whether a client's connections themselves tell who it is, RFC 8705 section 2. */
export function presentsCertificate(client: OAuthClient | undefined): client is CertificateClient {
  return client !== undefined && 'certificate' in client
}

/**
 * A fetch by which a client presents its certificate, if it has one: to authenticate, and to use tokens that are bound
 * to it (RFC 8705 section 3). @throws CredentialError CONFIG_INVALID when the key is another certificate's
 */
export function fetchOf(
  client: OAuthClient | undefined,
  fetch: typeof globalThis.fetch,
): typeof globalThis.fetch {
  if (!presentsCertificate(client)) return fetch
  const clientCertificate = certificateOf(client)
  return (input, init) => {
    const presenting: GuardedRequestInit = { ...init, clientCertificate }
    return fetch(input, presenting)
  }
}

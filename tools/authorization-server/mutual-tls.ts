import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { ClientMetadata, Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { Certificates } from './certificates.ts'
import { registration } from './clients.ts'

type MutualTls = NonNullable<NonNullable<Configuration['features']>['mTLS']>

const socketOf = ({ req }: KoaContextWithOIDC) => req.socket as TLSSocket

/** How the provider learns of the certificate that a client presents, RFC 8705. */
export const mutualTls: MutualTls = {
  enabled: true,
  tlsClientAuth: true,
  selfSignedTlsClientAuth: true,
  certificateBoundAccessTokens: true,
  getCertificate: context => socketOf(context).getPeerX509Certificate()?.toString(),
  certificateAuthorized: context => socketOf(context).authorized,
  certificateSubjectMatches: (context, _property, expected) =>
    socketOf(context).getPeerX509Certificate()?.subject === expected,
}

/** What a client that authenticates by its certificate is called. */
export const certificateClientIds = { tls: 'tls', selfSignedTls: 'self-signed-tls' } as const

/** The clients that authenticate by a certificate, as the provider knows them: their tokens are bound to it. */
export function certificateClients({ client, selfSigned }: Certificates): ClientMetadata[] {
  const { publicKey, raw } = new X509Certificate(selfSigned.certificate)
  const jwk = { ...publicKey.export({ format: 'jwk' }), x5c: [raw.toString('base64')], use: 'sig' }
  const bound = { tls_client_certificate_bound_access_tokens: true }
  return [
    {
      ...registration(certificateClientIds.tls, 'tls_client_auth'),
      ...bound,
      tls_client_auth_subject_dn: client.subject,
    },
    {
      ...registration(certificateClientIds.selfSignedTls, 'self_signed_tls_client_auth'),
      ...bound,
      jwks: { keys: [jwk] } as never,
    },
  ]
}

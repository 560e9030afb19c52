import { createPrivateKey, X509Certificate } from 'node:crypto'
import { CredentialError, secret } from '@nebula-credential/core'
import type { ClientCertificate } from '@nebula-credential/outbound'
import { z } from 'zod'

/** A certificate that a client authenticates by, RFC 8705. */
export const clientCertificate = z.object({
  /** As PEM, the client's own first. */
  certificate: z.string().refine(isCertificate, 'must be a certificate, as PEM'),
  /** As PEM, unencrypted. */
  privateKey: secret(z.string().refine(isPrivateKey, 'must be a private key without a passphrase, as PEM')),
})

/** Both parts, ready to be presented. @throws CredentialError CONFIG_INVALID when the key is another certificate's */
export function certificateOf({
  certificate,
  privateKey,
}: z.output<typeof clientCertificate>): ClientCertificate {
  const key = privateKey.expose()
  if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
    return { certificate, privateKey: key }
  }
  throw new CredentialError('CONFIG_INVALID', 'The private key of the client is not that of its certificate')
}

function isCertificate(text: string): boolean {
  try {
    return text.includes('-----BEGIN CERTIFICATE-----') && new X509Certificate(text).raw.length > 0
  } catch {
    return false
  }
}

function isPrivateKey(text: string): boolean {
  try {
    return createPrivateKey(text).type === 'private'
  } catch {
    return false
  }
}

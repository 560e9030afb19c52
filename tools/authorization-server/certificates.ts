import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const hourMs = 3_600_000

/** A certificate and its key, both as PEM. */
export interface Certified {
  readonly certificate: string
  readonly privateKey: string
}

/** An authority of its own, what a server on 127.0.0.1 needs of it, and two clients' certificates: made anew each time. */
export interface Certificates {
  /** The authority's certificate, as PEM. */
  readonly authority: string
  readonly server: Certified
  /** A client that the authority vouches for. */
  readonly client: Certified & { readonly subject: string }
  /** A client that nobody vouches for. */
  readonly selfSigned: Certified
}

export async function newCertificates(): Promise<Certificates> {
  const authorityKeys = await newKeys()
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: 'CN=Test authority',
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  })
  const issued = async (subject: string, extensions: readonly Extension[]): Promise<Certified> => {
    const keys = await newKeys()
    const certificate = await X509CertificateGenerator.create({
      ...validity(),
      subject,
      issuer: authority.subject,
      publicKey: keys.publicKey,
      signingKey: authorityKeys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [...extensions],
    })
    return { certificate: certificate.toString('pem'), privateKey: await pemOf(keys) }
  }
  const subject = 'CN=workflows'
  const selfSignedKeys = await newKeys()
  const selfSigned = await X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: 'CN=self-signed',
    keys: selfSignedKeys,
    signingAlgorithm: algorithm,
  })
  return {
    authority: authority.toString('pem'),
    server: await issued('CN=authorization server', [
      new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    ]),
    client: {
      ...(await issued(subject, [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])])),
      subject,
    },
    selfSigned: { certificate: selfSigned.toString('pem'), privateKey: await pemOf(selfSignedKeys) },
  }
}

const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

const validity = () => ({
  notBefore: new Date(Date.now() - hourMs),
  notAfter: new Date(Date.now() + 24 * hourMs),
})

async function pemOf({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY')
}

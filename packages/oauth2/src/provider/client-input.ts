import { type SecretString, secret } from '@nebula-credential/core'
import { z } from 'zod'
import { clientCertificate } from '../token-endpoint/client-certificate.ts'
import type { OAuthClient } from '../token-endpoint/oauth-client.ts'
import { type SigningKey, signingKey } from '../token-endpoint/signing-key.ts'

/** How a client proves to a token endpoint who it is: OpenID Connect Core section 9, RFC 8705. */
export type ClientAuthentication = OAuthClient['authentication']

const secretMethods = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'] as const
type SecretMethod = (typeof secretMethods)[number]

const certificateMethods = ['tls_client_auth', 'self_signed_tls_client_auth'] as const
type CertificateMethod = (typeof certificateMethods)[number]

type FieldsIf<Listed, Fields> = [Listed] extends [never] ? never : { readonly id: string } & Fields

/** What a program gives of its registration, by the ways that the provider takes; the first of them is the default. */
export type ClientFields<Method extends ClientAuthentication> =
  | FieldsIf<
      Extract<Method, SecretMethod>,
      { readonly authentication?: Extract<Method, SecretMethod> | undefined; readonly secret: string }
    >
  | FieldsIf<Extract<Method, 'none'>, { readonly authentication?: 'none' | undefined }>
  | FieldsIf<
      Extract<Method, 'private_key_jwt'>,
      { readonly authentication: 'private_key_jwt' } & z.input<typeof signingKey>
    >
  | FieldsIf<
      Extract<Method, CertificateMethod>,
      { readonly authentication: Extract<Method, CertificateMethod> } & z.input<typeof clientCertificate>
    >

const id = z.string().min(1)

/** The schema of {@link ClientFields}. */
export function clientSchema(methods: readonly ClientAuthentication[]): z.ZodType<GivenClient> {
  const bySecret = secretMethods.filter(method => methods.includes(method))
  const byCertificate = certificateMethods.filter(method => methods.includes(method))
  const forms: z.ZodType<GivenClient>[] = []
  if (bySecret.length > 0) {
    forms.push(z.strictObject({ authentication: z.enum(bySecret).optional(), id, secret: secret() }))
  }
  if (methods.includes('none')) {
    forms.push(z.strictObject({ authentication: z.literal('none').optional(), id }))
  }
  if (methods.includes('private_key_jwt')) {
    forms.push(z.strictObject({ authentication: z.literal('private_key_jwt'), id, ...signingKey.shape }))
  }
  if (byCertificate.length > 0) {
    forms.push(z.strictObject({ authentication: z.enum(byCertificate), id, ...clientCertificate.shape }))
  }
  const [only] = forms
  return forms.length === 1 && only !== undefined ? only : z.union(forms)
}

/** A client whose way to authenticate may go without saying. */
export type GivenClient =
  | {
      readonly authentication?: SecretMethod | undefined
      readonly id: string
      readonly secret: SecretString
    }
  | { readonly authentication?: 'none' | undefined; readonly id: string }
  | ({ readonly authentication: 'private_key_jwt'; readonly id: string } & SigningKey)
  | ({ readonly authentication: CertificateMethod; readonly id: string } & z.output<typeof clientCertificate>)

/** The client with its way to authenticate: a secret goes the way that the provider lists first. */
export function oauthClientOf(given: GivenClient, methods: readonly ClientAuthentication[]): OAuthClient {
  const bySecret = methods.find(method => secretMethods.some(each => each === method))
  const authentication = given.authentication ?? ('secret' in given ? bySecret : 'none')
  return { ...given, authentication } as OAuthClient
}

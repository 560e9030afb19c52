import type { z } from 'zod'
import type { OwnRevocation } from '../connection/revoke-connection.ts'
import type { AccountSource } from '../flow/account.ts'
import type { flowInput } from '../flow/flow-input.ts'
import type { Dialect } from '../token-endpoint/dialect.ts'
import type { ClientAuthentication, ClientFields } from './client-input.ts'
import type { PlaceholderFields, Placeholders } from './placeholder.ts'

/** Where a provider's authorization server is. Any of the URLs may hold placeholders: `https://{shop}.example.com`. */
export type ProviderServer =
  /** Its endpoints come from its metadata. */
  | { readonly issuer: string; readonly discovery?: 'oidc' | 'oauth2' }
  | {
      readonly authorizationEndpoint: string
      readonly tokenEndpoint: string
      /** Who signs its ID tokens; without it they are not believed. */
      readonly issuer?: string
      /** RFC 8628. */
      readonly deviceAuthorizationEndpoint?: string
      /** RFC 9126. */
      readonly pushedAuthorizationRequestEndpoint?: string
      /** OpenID Connect Core section 5.3. */
      readonly userinfoEndpoint?: string
      /** RFC 7009; a way of the provider's own is its `revocation`. */
      readonly revocationEndpoint?: string
      /** RFC 7662. */
      readonly introspectionEndpoint?: string
    }

/** A provider of accounts, as data. */
export interface OAuth2ProviderDefinition {
  /** The name of its credential type. Stored with every credential: never change it. */
  readonly type: string
  /** What people call it. */
  readonly name: string
  /** Where it documents its OAuth. */
  readonly docs: string
  readonly server: ProviderServer
  readonly placeholders?: Placeholders
  /** How clients authenticate there, the default first; `none` is for clients without a secret. */
  readonly clientAuthentication: readonly [ClientAuthentication, ...ClientAuthentication[]]
  /** Whether it is known to check PKCE (RFC 7636), which is sent unless its dialect says otherwise. */
  readonly pkce?: boolean
  /** Asked for with whatever else is: what refresh tokens or the account's name need. */
  readonly alwaysScope?: string
  /** Asked for where a program names no scope. */
  readonly defaultScope?: string
  /** How it departs from the standards. */
  readonly dialect?: Dialect
  /** Where it says whose account it is. Default OpenID Connect, where the scope has `openid`. */
  readonly account?: AccountSource
  /** How it ends a grant, where that is not by RFC 7009. Default the server's revocation endpoint. */
  readonly revocation?: OwnRevocation
}

type Grant<Server> = Server extends { readonly deviceAuthorizationEndpoint: string }
  ? 'authorization_code' | 'device_code'
  : Server extends { readonly tokenEndpoint: string }
    ? 'authorization_code'
    : 'authorization_code' | 'device_code'

/** What a program asks for, whoever the provider is. */
type RequestFields = Omit<z.input<typeof flowInput>, 'server' | 'client' | 'dpop'>

/** What connects an account of a provider. */
export type ProviderInput<Definition extends OAuth2ProviderDefinition> = RequestFields & {
  readonly client: ClientFields<Definition['clientAuthentication'][number]>
  /** How the person consents. Default in their browser; on another device (RFC 8628) where the provider has that. */
  readonly grant?: Grant<Definition['server']> | undefined
} & (Definition extends { readonly placeholders: infer P extends Placeholders }
    ? PlaceholderFields<P>
    : object)

import { catalogue } from './catalogue/catalogue.ts'
import { defineOAuth2Provider, type OAuth2Provider } from './define-oauth2-provider.ts'
import type { OAuth2ProviderDefinition } from './provider-definition.ts'

type Catalogue = typeof catalogue

/** A credential type of every provider that is known. */
export type Providers = { readonly [Name in keyof Catalogue]: OAuth2Provider<Catalogue[Name]> }

/**
 * The credential types of well-known providers' accounts. Each is made when it is first used, and the same from then on.
 *
 * @example
 * const begun = await acme.beginAuthorization(providers.github, { client, redirectUri, scope: 'repo' })
 */
export const providers: Providers = /* @__PURE__ */ madeWhenUsed(catalogue)

function madeWhenUsed(definitions: Readonly<Record<string, OAuth2ProviderDefinition>>): Providers {
  const made = new Map<string, unknown>()
  const entries = Object.entries(definitions).map(([name, definition]) => {
    const get = () => made.get(name) ?? made.set(name, defineOAuth2Provider(definition)).get(name)
    return [name, { enumerable: true, get }]
  })
  return Object.freeze(Object.defineProperties({}, Object.fromEntries(entries))) as Providers
}

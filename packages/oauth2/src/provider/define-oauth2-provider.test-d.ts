import type { CredentialManager } from '@nebula-credential/core'
import { defineOAuth2Provider } from './define-oauth2-provider.ts'
import { providers } from './providers.ts'

declare const manager: CredentialManager

const lamps = defineOAuth2Provider({
  type: 'lamps_account',
  name: 'Lamps',
  docs: 'https://developer.lamps.example',
  server: {
    authorizationEndpoint: 'https://{shop}.{region}.lamps.example/authorize',
    tokenEndpoint: 'https://{shop}.{region}.lamps.example/token',
  },
  placeholders: {
    shop: { kind: 'label', title: 'Shop', example: 'acme' },
    region: { kind: 'label', title: 'Region', example: 'eu', oneOf: ['eu', 'us'], default: 'eu' },
  },
  clientAuthentication: ['client_secret_post', 'none'],
})
const client = { id: 'workflows', secret: 'secret' }
const redirectUri = 'https://app.example/callback'

await manager.beginAuthorization(lamps, { shop: 'acme', client, redirectUri })
await manager.beginAuthorization(lamps, { shop: 'acme', region: 'us', client: { id: 'app' }, redirectUri })
// @ts-expect-error the shop is missing
await manager.beginAuthorization(lamps, { client, redirectUri })
// @ts-expect-error there is no such region
await manager.beginAuthorization(lamps, { shop: 'acme', region: 'mars', client, redirectUri })
// @ts-expect-error it has no device flow
await manager.beginAuthorization(lamps, { shop: 'acme', client, grant: 'device_code' })
await manager.beginAuthorization(lamps, {
  shop: 'acme',
  // @ts-expect-error it does not take that authentication
  client: { ...client, authentication: 'client_secret_basic' },
})

await manager.beginAuthorization(providers.github, { client: { id: 'app' }, grant: 'device_code' })
// @ts-expect-error it has no clients without a secret
await manager.beginAuthorization(providers.google, { client: { id: 'app' }, redirectUri })
// @ts-expect-error the shop is missing
await manager.beginAuthorization(providers.shopify, { client, redirectUri })

const { credentialId } = await manager.beginAuthorization(providers.okta, {
  domain: 'acme.okta.com',
  client,
  redirectUri,
})
const token = await manager.getToken(credentialId)
const kind: 'bearer' = token.kind
token.details satisfies Record<string, string> | undefined
kind satisfies string

defineOAuth2Provider({
  type: 'lamps_account',
  name: 'Lamps',
  docs: 'https://developer.lamps.example',
  // @ts-expect-error there is no authorization endpoint
  server: { tokenEndpoint: 'https://lamps.example/token' },
  clientAuthentication: ['client_secret_post'],
})

defineOAuth2Provider({
  type: 'lamps_account',
  name: 'Lamps',
  docs: 'https://developer.lamps.example',
  server: { issuer: 'https://lamps.example' },
  clientAuthentication: ['client_secret_post'],
  // @ts-expect-error a grant does not end by reading
  revocation: { method: 'GET', url: '/end' },
})

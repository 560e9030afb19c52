import { defineOAuth2Provider } from '@nebula-credential/oauth2'
import { guardedFetch } from '@nebula-credential/outbound'

/** The authorization server of this machine, as a provider. */
export const localProvider = defineOAuth2Provider({
  type: 'local_account',
  name: 'Local',
  docs: 'https://github.com/panva/node-oidc-provider',
  server: { issuer: process.env.ISSUER ?? '' },
  clientAuthentication: ['client_secret_basic', 'none'],
  alwaysScope: 'openid email offline_access',
})

/** Reaches it, by http. */
export const localFetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })

import {
  authenticatedFetch,
  authenticateWith,
  type BearerToken,
  type CredentialId,
  type CredentialView,
  httpBearer,
} from '@nebula-credential/core'
import {
  type CompletedOAuth2Flow,
  type DpopToken,
  dpopFetch,
  exchangedTokens,
  OAuth2Flow,
  oauth2Connection,
  oauth2DpopConnection,
  oauth2JwtBearer,
  oauth2TokenExchange,
} from './index.ts'

// What is not allowed must not compile: tsc reads this file, nothing runs it.

declare const acme: CredentialView

const server = { issuer: 'https://login.example.com' }
const client = { authentication: 'none', id: 'app' } as const
const redirectUri = 'https://app.example/callback'

export async function flowStates(): Promise<void> {
  const flow = OAuth2Flow.builder().withServer(server).withClient(client).withRedirectUri(redirectUri).build()
  // @ts-expect-error a flow that has not started has nothing to complete
  flow.complete('/callback')
  // @ts-expect-error nor a URL to send anybody to
  flow.url
  // @ts-expect-error nor an access token
  flow.accessToken

  const started = await flow.start()
  started.url satisfies string
  // @ts-expect-error it starts once
  started.start()
  // @ts-expect-error a started flow has no access token
  started.accessToken
  // @ts-expect-error nor an account
  started.account

  const completed: CompletedOAuth2Flow = await started.complete('/callback')
  completed.accessToken.expose() satisfies string
  // @ts-expect-error it completes once
  completed.complete('/callback')
  // @ts-expect-error what is complete does not start
  completed.start()
}

export async function deviceFlowStates(): Promise<void> {
  const flow = OAuth2Flow.builder().withServer(server).withClient(client).buildDevice()
  // @ts-expect-error nobody can be waited for before it has started
  flow.wait()
  // @ts-expect-error a device flow has no callback
  flow.complete('/callback')

  const started = await flow.start()
  started.code.userCode satisfies string
  // @ts-expect-error a device flow has no callback, started or not
  started.complete('/callback')
  // @ts-expect-error a person who is not done has given no token
  started.accessToken

  const outcome = await started.poll()
  // @ts-expect-error the person may not be done
  outcome.accessToken
  if (!('retryAfterMs' in outcome)) outcome.accessToken.expose() satisfies string
  const done = await started.wait()
  done.accessToken.expose() satisfies string
}

export function builder(): void {
  const empty = OAuth2Flow.builder()
  // @ts-expect-error without a server, a client and a redirect URI
  empty.build()
  // @ts-expect-error without a client and a redirect URI
  empty.withServer(server).build()
  // @ts-expect-error without a redirect URI
  empty.withServer(server).withClient(client).build()
  // @ts-expect-error without a server
  empty.withRedirectUri(redirectUri).withClient(client).build()
  // @ts-expect-error what is optional does not stand for what is not
  empty.withScope('openid').withDpop().withServer(server).withClient(client).build()
  // @ts-expect-error without a client, for a device
  empty.withServer(server).buildDevice()
  // @ts-expect-error without a server, for a device
  empty.withClient(client).buildDevice()
  // @ts-expect-error a server is its issuer or its token endpoint
  empty.withServer({})
  // @ts-expect-error a client that authenticates by a secret has one
  empty.withClient({ authentication: 'client_secret_basic', id: 'app' })
  // In any order, and twice
  empty.withClient(client).withRedirectUri(redirectUri).withClient(client).withServer(server).build()
  empty.withClient(client).withScope('a', 'b').withServer(server).buildDevice()
}

export async function tokens(): Promise<void> {
  const begun = await acme.beginAuthorization(oauth2DpopConnection, { server, client, redirectUri })
  const id = await acme.resumeAuthorization('/callback', { ...begun, definition: oauth2DpopConnection })
  const bound: DpopToken = await acme.getToken(id)
  const fetching: typeof fetch = await acme.client(id, dpopFetch)
  await fetching('https://api.example')
  // @ts-expect-error a token that is bound to a key is no bearer token
  await authenticateWith(httpBearer, bound, new Request('https://api.example'))

  const bearer = await acme.getToken(oauth2Connection.id('oauth2_connection_0'))
  // @ts-expect-error a bearer token has no key to prove
  await authenticateWith(dpopFetch, bearer)
  // @ts-expect-error a key is no scope
  bearer.key
}

export async function grants(): Promise<void> {
  const assertion = { privateKey: 'pem', issuer: 'reports', subject: 'ada' }
  const id = await acme.createCredential(oauth2JwtBearer, { server, assertion })
  const token: BearerToken = await acme.getToken(id)
  // @ts-expect-error nobody is vouched for
  await acme.createCredential(oauth2JwtBearer, { server, client })
  // @ts-expect-error nothing is exchanged
  await acme.createCredential(oauth2TokenExchange, { server, client })
  await acme.createCredential(oauth2TokenExchange, {
    server,
    client,
    subject: { token: token.value.expose() },
  })
  // @ts-expect-error a connection is made by a person, not out of nothing
  await acme.createCredential(oauth2Connection, { server, client, subject: 'x' })

  const exchanged = exchangedTokens(acme.tokenSource(id), { server, client })
  await authenticatedFetch(exchanged, httpBearer)('https://api.example')
  const dpopId = oauth2DpopConnection.id('x') satisfies CredentialId
  // @ts-expect-error only bearer tokens are exchanged
  exchangedTokens(acme.tokenSource(dpopId), { server, client })
}

import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Provider } from 'oidc-provider'
import type { Certificates } from './certificates.ts'
import { type Clients, newClients } from './clients.ts'
import { answerWithFault, type Fault, holdAnswer } from './fault.ts'
import { answerInteraction, isInteractionPath } from './interaction-pages.ts'
import { certificateClientIds, certificateClients } from './mutual-tls.ts'
import { createProvider } from './provider.ts'
import { scopes } from './scopes.ts'
import { StrictStorage } from './strict-adapter.ts'
import { logTokenRequests, type TokenRequest } from './token-request-log.ts'

export interface AuthorizationServerOptions {
  /** The lifetime of access tokens, in seconds. Default 3600. */
  readonly accessTokenTtlS?: number
  /** Whether a refresh replaces the refresh token; using a replaced one ends the whole grant. Default true. */
  readonly rotate?: boolean
  /** Whether proofs of possession (RFC 9449) need a nonce of the server. Default false. */
  readonly dpopNonce?: boolean
  /** Whether authorization requests can be pushed (RFC 9126). Default true. */
  readonly pushedRequests?: boolean
  /** The lifetime of device codes, in seconds. Default 600. */
  readonly deviceCodeTtlS?: number
  /** Whether it is there by https, so that clients can authenticate by a certificate (RFC 8705). Default false. */
  readonly tls?: boolean
  /** The loopback port. Default: a free one. */
  readonly port?: number
  /** Called for every token request that the server has acted on. */
  readonly onTokenRequest?: (request: TokenRequest) => void
}

/** The tokens of somebody's consent, without a browser. */
export interface IssuedGrant {
  readonly grantId: string
  readonly accessToken: string
  readonly refreshToken: string
  /** Epoch ms. */
  readonly expiresAt: number
  readonly scope: string
}

type IssuedTo = keyof Clients | keyof typeof certificateClientIds

/** A running OpenID provider on 127.0.0.1, for tests, examples and benchmarks. */
export interface AuthorizationServer extends AsyncDisposable {
  readonly issuer: string
  /** A client of every kind of authentication. Their redirect URI is `callbackUrl`. */
  readonly clients: Clients
  /** With `tls`: the authority to trust, and the certificates of clients `tls` and `self-signed-tls`. */
  readonly certificates: Certificates | undefined
  /** What the server has acted on, in order. Clear it by `length = 0`. */
  readonly tokenRequests: TokenRequest[]
  /** Paths other than the token endpoint's that were asked for, in order. */
  readonly otherRequests: string[]
  /** Answers GET with 200 and the account to a valid bearer token, else with 401. */
  readonly protectedResourceUrl: string
  /** Tokens that `client` (default `basic`) got from an account that consented. */
  issueGrant(options?: { accountId?: string; client?: IssuedTo; scope?: string }): Promise<IssuedGrant>
  /** The id of the grant that an access token is of. */
  grantOf(accessToken: string): Promise<string>
  /** The account takes its consent back: every token of the grant ends. */
  withdrawConsent(grantId: string): void
  /** Acts on token requests at once, and answers them so many ms later. */
  setDelay(ms: number): void
  /** The next token requests, one a fault, go wrong. */
  failNext(...faults: Fault[]): void
  close(): Promise<void>
}

/** Starts one. Close it, or hold it with `await using`. */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const { accessTokenTtlS = 3600, rotate = true, port = 0, onTokenRequest } = options
  const { dpopNonce = false, pushedRequests = true, deviceCodeTtlS = 600, tls = false } = options
  const certificates = tls ? await certificatesModule().then(module => module.newCertificates()) : undefined
  const server = certificates === undefined ? createServer() : createTlsServer(certificates)
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  )
  const issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`

  const { clients, registered } = newClients()
  const storage = new StrictStorage()
  const provider = createProvider(
    issuer,
    {
      accessTokenTtlS,
      rotate,
      clients: [...registered, ...(certificates ? certificateClients(certificates) : [])],
      dpopNonce,
      pushedRequests,
      deviceCodeTtlS,
      tls,
    },
    storage,
  )

  const tokenRequests: TokenRequest[] = []
  const otherRequests: string[] = []
  const faults: Fault[] = []
  let delayMs = 0
  logTokenRequests(provider, request => {
    tokenRequests.push(request)
    onTokenRequest?.(request)
  })

  const callback = provider.callback()
  server.on('request', (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    if (path !== '/token') otherRequests.push(path)
    if (path === '/resource') void answerResource(provider, request, response)
    else if (path === '/token') answerToken(request, response)
    else if (isInteractionPath(path)) void answerInteraction(provider, request, response)
    else void callback(request, response)
  })

  function answerToken(request: IncomingMessage, response: ServerResponse): void {
    const fault = faults.shift()
    if (fault?.when === 'before') {
      request.resume().once('end', () => answerWithFault(response, fault))
      return
    }
    holdAnswer(response, release => {
      const answer = () => (fault ? answerWithFault(response, fault) : release())
      if (delayMs > 0) void delay(delayMs).then(answer)
      else answer()
    })
    void callback(request, response)
  }

  async function close(): Promise<void> {
    // First no new connection, then none at all: one that comes in between would be waited for.
    const closed = new Promise(resolve => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  return {
    issuer,
    clients,
    certificates,
    tokenRequests,
    otherRequests,
    protectedResourceUrl: `${issuer}/resource`,
    issueGrant: ({ accountId = randomUUID(), client = 'basic', scope = scopes.join(' ') } = {}) =>
      issueGrant(provider, accountId, idOf(client, clients), scope),
    async grantOf(accessToken) {
      const grantId = (await provider.AccessToken.find(accessToken))?.grantId
      if (grantId === undefined) throw new Error('There is no such access token')
      return grantId
    },
    withdrawConsent: grantId => storage.endGrant(grantId),
    setDelay(ms) {
      delayMs = ms
    },
    failNext: (...given) => void faults.push(...given),
    close,
    [Symbol.asyncDispose]: close,
  }
}

// Making certificates takes a library that few tests need.
const certificatesModule = () => import('./certificates.ts')

function createTlsServer({ authority, server: { certificate, privateKey } }: Certificates) {
  return createHttpsServer({
    cert: certificate,
    key: privateKey,
    ca: authority,
    requestCert: true,
    // The provider decides what a certificate that nobody vouches for is worth.
    rejectUnauthorized: false,
  })
}

const idOf = (client: IssuedTo, clients: Clients) =>
  client in certificateClientIds
    ? certificateClientIds[client as keyof typeof certificateClientIds]
    : clients[client as keyof Clients].id

async function issueGrant(
  provider: Provider,
  accountId: string,
  clientId: string,
  scope: string,
): Promise<IssuedGrant> {
  const client = await provider.Client.find(clientId)
  if (client === undefined) throw new Error(`There is no client ${clientId}`)
  const grant = new provider.Grant({ accountId, clientId })
  grant.addOIDCScope(scope)
  const grantId = await grant.save()
  const about = { accountId, client, grantId, gty: 'authorization_code', scope }
  const refreshToken = await new provider.RefreshToken({
    ...about,
    expiresWithSession: false,
  } as never).save()
  const issued = new provider.AccessToken({ ...about, expiresWithSession: false } as never)
  const accessToken = await issued.save()
  return { grantId, accessToken, refreshToken, expiresAt: Date.now() + issued.expiration * 1000, scope }
}

async function answerResource(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const value = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const token = (await provider.AccessToken.find(value)) ?? (await provider.ClientCredentials.find(value))
  // A token that is bound to a key or a certificate is nothing without it.
  if (token === undefined || token.jkt !== undefined || token['x5t#S256'] !== undefined) {
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
    return
  }
  const account = 'accountId' in token ? token.accountId : token.clientId
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ account, scope: token.scope }))
}

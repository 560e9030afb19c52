import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { ConfidentialClientApplication } from '@azure/msal-node'
import { createAppAuth } from '@octokit/auth-app'
import { memoize } from '@smithy/property-provider'
import { Cacheable } from 'cacheable'
import { OAuth2Client } from 'google-auth-library'
import { Keyv } from 'keyv'
import { measure } from 'mitata'
import { fillManager, nothingEvicted, warm } from './filled-manager.ts'
import { type InstallationTokens, serveInstallationTokens } from './installation-tokens.ts'
import { report } from './report.ts'
import { median, shuffled } from './rounds.ts'
import { type Figure, formatNs } from './table.ts'

const size = Number(process.argv[2] ?? 1_000)
const rounds = Number(process.argv[3] ?? 5)
const hourMs = 3_600_000
const goal = { atLeast: 10 }

/** A way to a cached token: the n-th of `size`, or the only one. */
interface Peer {
  readonly name: string
  readonly goal?: { readonly atLeast: number }
  readonly token: (at: number) => Promise<unknown>
}

const installationTokens = await serveInstallationTokens()
const own = await ownManager()
const peers: readonly Peer[] = [
  await keyvPeer(),
  await cacheablePeer(),
  await octokitPeer(installationTokens),
  await msalPeer(),
  googlePeer(),
  smithyPeer(),
]

const order = shuffled(Array.from({ length: size }, (_, at) => at))
const times = new Map<string, number[]>([own, ...peers].map(peer => [peer.name, []]))
for (let round = 0; round < rounds; round++) {
  for (const peer of [own, ...peers]) times.get(peer.name)?.push(await medianNs(peer))
}

const ownTimes = times.get(own.name) ?? []
const figures = peers.map((peer): Figure => {
  const theirs = times.get(peer.name) ?? []
  return {
    what: `getToken against ${peer.name}`,
    measured: formatNs(median(ownTimes)),
    against: formatNs(median(theirs)),
    ratio: median(theirs.map((time, round) => time / (ownTimes[round] ?? Number.NaN))),
    ...(peer.goal && { goal: peer.goal }),
  }
})
await report(
  `Peers with ${size.toLocaleString('en')} cached tokens; the ratio is how many times faster getToken is`,
  figures,
)
await installationTokens.close()
process.exit()

async function medianNs(peer: Peer): Promise<number> {
  let step = 0
  const next = () => peer.token(order[step++ % size] as number)
  const { p50 } = await measure(next, { min_cpu_time: 200e6, min_samples: 50 })
  return p50
}

async function ownManager(): Promise<Peer> {
  const filled = await fillManager({ credentials: size, policy: nothingEvicted })
  await warm(filled)
  return {
    name: 'getToken',
    token: at => filled.view.getToken(filled.ids[at] as (typeof filled.ids)[number]),
  }
}

async function keyvPeer(): Promise<Peer> {
  const cache = new Keyv()
  for (let at = 0; at < size; at++) await cache.set(keyOf(at), sampleToken(), hourMs)
  return { name: 'keyv, memory', goal, token: at => cache.get(keyOf(at)) }
}

async function cacheablePeer(): Promise<Peer> {
  const cache = new Cacheable()
  for (let at = 0; at < size; at++) await cache.set(keyOf(at), sampleToken(), hourMs)
  return { name: 'cacheable, memory', goal, token: at => cache.get(keyOf(at)) }
}

async function octokitPeer(server: InstallationTokens): Promise<Peer> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const auth = createAppAuth({
    appId: 1,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    request: server.request,
  })
  const token = (at: number) => auth({ type: 'installation', installationId: at + 1 })
  for (let at = 0; at < size; at++) await token(at)
  const asked = server.requests
  await token(0)
  if (server.requests !== asked) throw new Error('octokit did not cache')
  return { name: '@octokit/auth-app, installation token', goal, token }
}

async function msalPeer(): Promise<Peer> {
  const application = new ConfidentialClientApplication({
    auth: {
      clientId: 'bench',
      clientSecret: 'bench-secret',
      authority: 'https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001',
    },
    system: { networkClient: { sendGetRequestAsync: msalAnswer, sendPostRequestAsync: msalAnswer } },
  })
  const token = (at: number) =>
    application.acquireTokenByClientCredential({ scopes: [`https://resource-${at}.example/.default`] })
  for (let at = 0; at < size; at++) await token(at)
  if (!(await token(0))?.fromCache) throw new Error('MSAL did not cache')
  return { name: '@azure/msal-node, client credentials', goal, token }
}

/** What Microsoft's server answers, without its network: MSAL takes the network client as an option. */
async function msalAnswer<T>(
  url: string,
): Promise<{ headers: Record<string, string>; body: T; status: number }> {
  const { origin, pathname } = new URL(url)
  const tenant = `${origin}/${pathname.split('/')[1]}`
  const metadata = {
    issuer: `${tenant}/v2.0`,
    authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
    token_endpoint: `${tenant}/oauth2/v2.0/token`,
    jwks_uri: `${tenant}/discovery/v2.0/keys`,
  }
  const grant = {
    token_type: 'Bearer',
    expires_in: 3_600,
    ext_expires_in: 3_600,
    access_token: sampleToken().token,
  }
  const body = pathname.endsWith('/token') ? grant : metadata
  return { headers: {}, body: body as T, status: 200 }
}

function googlePeer(): Peer {
  const client = new OAuth2Client()
  client.setCredentials({ access_token: sampleToken().token, expiry_date: Date.now() + hourMs })
  return { name: 'google-auth-library, one token', token: () => client.getAccessToken() }
}

function smithyPeer(): Peer {
  const identity = { ...sampleToken(), expiration: new Date(Date.now() + hourMs) }
  const provide = memoize(
    async () => identity,
    ({ expiration }) => expiration.getTime() - Date.now() < 300_000,
    ({ expiration }) => expiration !== undefined,
  )
  return { name: '@smithy/property-provider memoize, one identity', token: () => provide() }
}

function keyOf(at: number): string {
  return `bench_key_${at}`
}

function sampleToken() {
  return { token: randomBytes(30).toString('base64url'), expiresAt: Date.now() + hourMs }
}

import { isCredentialError } from '@nebula-credential/core'
import { oauth2RefreshToken } from '@nebula-credential/oauth2'
import { type AuthorizationServer, startAuthorizationServer } from 'authorization-server'
import type { Fault } from '../fault.ts'
import { type Lab, shortIntents } from '../lab.ts'
import { patiently } from '../patiently.ts'
import type { Tally } from '../tally.ts'
import type { World, WorldManager } from '../world.ts'

/** The chief points, and whether a death there loses the grant. */
const points: Readonly<Record<string, boolean>> = {
  'before fetch 1': false,
  'after fetch 1': true,
  'after store.replace 1': false,
  'after store.updateMetadata 1': false,
  'before store.replace 1': true,
  'after lease.release 1': false,
}

/** The other faults use a smaller token server, which is quicker and as strict. */
export const realProvider: Fault = {
  name: 'real-provider',
  does: 'killed -9 at the chief points, and a herd of four processes, with oidc-provider and OAuth 2.0 refresh tokens',
  promise: 'as for killed and herd: the small token server of the other faults hides nothing',
  unavoidable: 'as for killed',
  backends: ['sqlite', 'redis', 'postgres', 'redis+postgres'],
  runs: 1,
  async make(lab, tally, { runs, short }) {
    const chosen = Object.entries(points).slice(0, short ? 3 : undefined)
    for (let run = 0; run < runs; run++) {
      for (const [point, loses] of chosen) await dieAt(lab, tally, point, loses)
      await askTogether(lab, tally)
    }
  },
}

async function dieAt(lab: Lab, tally: Tally, point: string, loses: boolean): Promise<void> {
  await using server = await startAuthorizationServer()
  const world = lab.world(shortIntents)
  const id = await expired(lab, world, server)
  const worker = await lab.worker(world)
  worker.get(id, { stop: { point, signal: 'SIGKILL' } }).catch(() => {})
  tally.expect((await worker.ended) === 'SIGKILL', `no process came to "${point}"`)

  await using manager = await lab.manager(world)
  const startedAt = performance.now()
  const outcome = await takeOver(manager, server, id)
  tally.expect(outcome === (loses ? 'rotation_lost' : 'token'), `${point}: ${outcome}`)
  tally.recovered(performance.now() - startedAt)
  if (outcome === 'token') tally.proof()
  if (outcome === 'rotation_lost') tally.lostGrant(loses)
  if (outcome === 'a wrong token') tally.wrongToken(1, point)
  count(tally, server)
  const refused = refusals(server)
  tally.expect(refused === (loses ? 1 : 0), `${point}: ${refused} invalid_grant`)
}

async function takeOver(manager: WorldManager, server: AuthorizationServer, id: string): Promise<string> {
  const own = oauth2RefreshToken.id(id)
  try {
    const token = await patiently(() => manager.getToken(own))
    const headers = { authorization: `Bearer ${token.value.expose()}` }
    if ((await fetch(server.protectedResourceUrl, { headers })).status !== 200) return 'a wrong token'
    await patiently(() => manager.refreshCredential(own))
    return 'token'
  } catch (error) {
    if (!isCredentialError(error, 'REAUTHORIZATION_REQUIRED')) return String(error)
    return String((await manager.describe(own)).failure?.cause)
  }
}

async function askTogether(lab: Lab, tally: Tally): Promise<void> {
  const callers = 250
  await using server = await startAuthorizationServer()
  const { lease: _lease, policy: _policy, ...world } = lab.world()
  const id = await expired(lab, world, server)
  const workers = await Promise.all([1, 2, 3, 4].map(() => lab.worker(world)))
  const seen = await Promise.all(workers.map(worker => worker.get(id, { callers })))
  const tokens = new Map(seen.flatMap(each => Object.entries(each.tokens)))
  const served = seen.flatMap(each => Object.values(each.tokens)).reduce((sum, each) => sum + each, 0)
  tally.expect(
    served === 4 * callers && tokens.size === 1,
    `a herd was served ${tokens.size} tokens ${served} times`,
  )
  tally.expect(server.tokenRequests.length === 1, `a herd made ${server.tokenRequests.length} requests`)
  count(tally, server)
}

async function expired(lab: Lab, world: World, server: AuthorizationServer): Promise<string> {
  const { accessToken, refreshToken } = await server.issueGrant({ client: 'post' })
  await using manager = await lab.manager(world)
  return await manager.createCredential(oauth2RefreshToken, {
    server: { tokenEndpoint: `${server.issuer}/token` },
    client: { authentication: 'client_secret_post', ...server.clients.post },
    accessToken,
    refreshToken,
    expiresAt: Date.now() - 1_000,
  })
}

function count(tally: Tally, server: AuthorizationServer): void {
  tally.add({ times: 1, requests: server.tokenRequests.length, invalidGrants: refusals(server) })
}

function refusals(server: AuthorizationServer): number {
  return server.tokenRequests.filter(({ outcome }) => outcome === 'invalid_grant').length
}

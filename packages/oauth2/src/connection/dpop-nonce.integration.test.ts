import { SecretString } from '@nebula-credential/core'
import { decodeJwt } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ConnectionStage, consent } from '../../test/connection-stage.ts'
import { environment, loopbackFetch } from '../../test/environment.ts'
import { OAuth2Flow } from '../flow/oauth2-flow.ts'
import { newDpopKey } from '../token-endpoint/dpop-key.ts'
import { TokenEndpoint } from '../token-endpoint/token-endpoint.ts'
import { oauth2DpopConnection } from './oauth2-connection.ts'

const minuteMs = 60_000

afterEach(() => vi.useRealTimers())

/** A connection at a server whose refresh tokens work once, and which wants nonces. */
async function connect() {
  const stage = await ConnectionStage.open({ dpopNonce: true })
  const manager = await stage.manager()
  const begun = await manager.beginAuthorization(oauth2DpopConnection, stage.input())
  const id = await manager.resumeAuthorization(await consent(begun), begun)
  return { stage, manager, id: oauth2DpopConnection.id(id) }
}

/** For the server and for us: the nonces of the server end, and nothing else does. */
function passMinutes(minutes: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * minuteMs })
}

describe('the nonces of an authorization server', () => {
  it('cost no token request, from the first refresh on', async () => {
    const { stage, manager, id } = await connect()
    await manager.refreshCredential(id)
    await manager.refreshCredential(id)
    expect(stage.outcomes).toEqual([
      // The nonce is that of the pushed request.
      'authorization_code success',
      'refresh_token success',
      'refresh_token success',
    ])
  })

  it('that have ended cost one refused request, and the refresh token is used once', async () => {
    const { stage, manager, id } = await connect()
    stage.server.tokenRequests.length = 0
    passMinutes(10)
    await manager.refreshCredential(id)
    expect(stage.outcomes).toEqual(['refresh_token use_dpop_nonce', 'refresh_token success'])
    await manager.refreshCredential(id)
    expect(stage.outcomes.slice(2)).toEqual(['refresh_token success'])
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true, account: { id: 'ada' } })
  })

  it('go on to the next while a nonce is still good, so that none ends in use', async () => {
    const { stage, manager, id } = await connect()
    stage.server.tokenRequests.length = 0
    for (let rounds = 0; rounds < 5; rounds++) {
      passMinutes(2)
      await manager.refreshCredential(id)
    }
    expect(stage.outcomes).toEqual(Array(5).fill('refresh_token success'))
  })

  it('are asked for once while a person takes their time with a device', async () => {
    const stage = await ConnectionStage.open({ dpopNonce: true })
    const { issuer, clients } = stage.server
    const flow = OAuth2Flow.builder()
      .withServer({ issuer })
      .withClient({ authentication: 'none', ...clients.none })
      .withDpop()
      .buildDevice()
    const fetch = loopbackFetch()
    const started = await flow.start({ fetch })
    for (let polls = 0; polls < 3; polls++) await started.poll({ fetch })
    expect(stage.outcomes).toEqual([
      'device_code use_dpop_nonce',
      ...Array(3).fill('device_code authorization_pending'),
    ])
  })
})

/** The nonces in the proofs that arrive at each origin, in order. */
function proofListener() {
  const outbound = loopbackFetch()
  const heard: Record<string, unknown[]> = {}
  const fetch: typeof globalThis.fetch = (input, init) => {
    const proof = new Headers(init?.headers).get('dpop')
    const { origin } = new URL(String(input))
    if (proof !== null) heard[origin] = [...(heard[origin] ?? []), decodeJwt(proof).nonce]
    return outbound(input, init)
  }
  return { fetch, heard }
}

describe('the nonces of two authorization servers', () => {
  it('do not mix, where one key is known to both', async () => {
    const { fetch, heard } = proofListener()
    const dpopKey = await newDpopKey()
    const stages = [
      await ConnectionStage.open({ dpopNonce: true }),
      await ConnectionStage.open({ dpopNonce: true }),
    ]
    for (let rounds = 0; rounds < 3; rounds++) {
      for (const { server } of stages) {
        const { id, secret } = server.clients.basic
        const client = {
          authentication: 'client_secret_basic',
          id,
          secret: SecretString.from(secret),
        } as const
        const registration = { server: { issuer: server.issuer }, client }
        const endpoint = await TokenEndpoint.open(registration, environment({ fetch }), { dpopKey })
        await endpoint.clientCredentials({ scope: 'reports.read' })
      }
    }
    for (const { outcomes, server } of stages) {
      expect(outcomes).toEqual([
        'client_credentials use_dpop_nonce',
        ...Array(3).fill('client_credentials success'),
      ])
      expect(heard[server.issuer]?.[0]).toBeUndefined()
    }
    const [one, other] = stages.map(({ server }) => heard[server.issuer]?.slice(1) ?? [])
    expect(one?.filter(nonce => other?.includes(nonce))).toEqual([])
  })
})

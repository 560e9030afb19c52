import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { environment } from '../../test/environment.ts'
import { json, type ScriptedServer, scriptedServer } from '../../test/scripted-server.ts'
import { newDpopKey } from './dpop-key.ts'
import { TokenEndpoint } from './token-endpoint.ts'

interface Answer {
  readonly status?: number
  readonly body: object
  readonly nonce?: string
}

const success = { access_token: 'a', token_type: 'dpop', refresh_token: 'b', expires_in: 60 }

/** What arrives at a server that gives these answers, the last of them for ever, of so many refreshes by one key. */
async function refreshesAt(answers: readonly Answer[], refreshes = 1): Promise<ScriptedServer['requests']> {
  let count = 0
  await using server = await scriptedServer(response => {
    const { status = 200, body, nonce } = answers[Math.min(count++, answers.length - 1)] as Answer
    json(response, status, body, nonce === undefined ? {} : { 'dpop-nonce': nonce })
  })
  const registration = {
    server: { tokenEndpoint: `${server.origin}/token` },
    client: { authentication: 'none', id: 'us' },
  } as const
  const endpoint = await TokenEndpoint.open(registration, environment(), { dpopKey: await newDpopKey() })
  for (let made = 0; made < refreshes; made++) await endpoint.refresh('refresh-token', {}).catch(() => {})
  return server.requests
}

const nonces = (requests: ScriptedServer['requests']) =>
  requests.map(({ headers }) => decodeJwt(String(headers.dpop)).nonce)

describe('a refresh token, by proof of possession', () => {
  it.each([
    ['a success', 200, success],
    ['a success that makes no sense', 200, {}],
    ['invalid_grant', 400, { error: 'invalid_grant' }],
    ['invalid_dpop_proof', 400, { error: 'invalid_dpop_proof' }],
    ['an outage', 503, {}],
    ['a gateway that lost the answer', 502, {}],
  ])('is not sent again after %s, though it brings a nonce', async (_, status, body) => {
    expect(await refreshesAt([{ status, body, nonce: 'n1' }])).toHaveLength(1)
  })

  it('is sent twice, not more, to a server that is content with no nonce', async () => {
    const never = { status: 400, body: { error: 'use_dpop_nonce' }, nonce: 'never right' }
    expect(await refreshesAt([never])).toHaveLength(2)
  })
})

describe('the next proof', () => {
  it('has the newest nonce that an answer gave, be it a success or not', async () => {
    const requests = await refreshesAt(
      [
        { body: success, nonce: 'n1' },
        { status: 503, body: {}, nonce: 'n2' },
        { body: success },
        { body: success },
      ],
      4,
    )
    expect(nonces(requests)).toEqual([undefined, 'n1', 'n2', 'n2'])
  })

  it('goes without a nonce for which the last one was refused', async () => {
    const refused = { status: 400, body: { error: 'invalid_dpop_proof' } }
    const requests = await refreshesAt([{ body: success, nonce: 'n1' }, refused, { body: success }], 3)
    expect(nonces(requests)).toEqual([undefined, 'n1', undefined])
  })

  it('has the nonce of the refusal, where that brings one', async () => {
    const refused = { status: 400, body: { error: 'invalid_dpop_proof' }, nonce: 'n2' }
    const requests = await refreshesAt([{ body: success, nonce: 'n1' }, refused, { body: success }], 3)
    expect(nonces(requests)).toEqual([undefined, 'n1', 'n2'])
  })
})

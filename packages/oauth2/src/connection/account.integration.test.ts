import { describe, expect, it } from 'vitest'
import { ConnectionStage, consent, rejection, type StageOptions } from '../../test/connection-stage.ts'
import { loopbackFetch } from '../../test/environment.ts'
import { oauth2Connection } from './oauth2-connection.ts'

type Given = Parameters<ConnectionStage['input']>[0]

async function connect(given: Given, options: StageOptions = {}, named = false) {
  const stage = await ConnectionStage.open(options)
  const { issuer } = stage.server
  const endpoints = {
    server: {
      tokenEndpoint: `${issuer}/token`,
      authorizationEndpoint: `${issuer}/auth`,
      userinfoEndpoint: `${issuer}/me`,
    },
  }
  const input = stage.input({ ...given, ...(named && endpoints) })
  const manager = await stage.manager()
  const begun = await manager.beginAuthorization(oauth2Connection, input)
  const id = oauth2Connection.id(await manager.resumeAuthorization(await consent(begun), begun))
  return { stage, manager, id, input }
}

/** A fetch whose requests to userinfo are answered by this status, once it is set. */
function userinfoAnswering() {
  const outbound = loopbackFetch()
  const userinfo: { status?: number } = {}
  const fetch: typeof globalThis.fetch = async (input, init) =>
    userinfo.status !== undefined && new URL(String(input)).pathname === '/me'
      ? new Response('{}', { status: userinfo.status, headers: { 'content-type': 'application/json' } })
      : outbound(input, init)
  return { fetch, userinfo }
}

describe('whose account it is', () => {
  it('is known by the ID token where userinfo cannot be asked', async () => {
    const { fetch, userinfo } = userinfoAnswering()
    userinfo.status = 503
    const { manager, id } = await connect({ scope: 'openid offline_access' }, { fetch })
    expect((await manager.describe(id)).account).toEqual({ id: 'ada', label: 'ada' })
  })

  it('is learned by introspection without OpenID Connect, so that a reconnect is recognised', async () => {
    const { stage, manager, id, input } = await connect({ scope: 'offline_access reports.read' })
    expect((await manager.describe(id)).account).toMatchObject({ id: 'ada' })
    const again = await manager.beginAuthorization(oauth2Connection, input, { reconnect: id })
    expect(await manager.resumeAuthorization(await consent(again), again)).toBe(id)
    const other = await manager.beginAuthorization(oauth2Connection, input, { reconnect: id })
    const bob = await consent(other, { account: 'bob' })
    expect(await rejection(manager.resumeAuthorization(bob, other))).toMatchObject({
      code: 'ACCOUNT_MISMATCH',
    })
    expect(await stage.works(manager, id)).toBe(true)
  })
})

describe('verifying by userinfo', () => {
  it('finds a token that has ended', async () => {
    const { stage, manager, id } = await connect({ scope: 'openid offline_access' }, {}, true)
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true, account: { id: 'ada' } })
    const token = await manager.getToken(id)
    stage.server.withdrawConsent(await stage.server.grantOf(token.value.expose()))
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: false })
  })

  it('that is not allowed says nothing about the token', async () => {
    const { fetch, userinfo } = userinfoAnswering()
    const { manager, id } = await connect({ scope: 'openid offline_access' }, { fetch }, true)
    userinfo.status = 403
    expect(await manager.verifyCredential(id)).toMatchObject({ valid: true })
  })
})

import { CredentialManager, MemoryStateStore, rawKey } from '@nebula-credential/core'
import { Browser, type Person, startAuthorizationServer } from 'authorization-server'
import { expect, it } from 'vitest'
import { loopbackFetch } from '../../test/environment.ts'
import { oauth2Connection } from '../connection/oauth2-connection.ts'
import { startLoopbackRedirect } from './loopback-redirect.ts'

const newManager = () =>
  CredentialManager.builder()
    .withStorage(new MemoryStateStore())
    .withEncryption(rawKey(Buffer.alloc(32, 7)))
    .withContext({ tenantId: 'acme', userId: 'ada', actor: 'tool' })
    .withFetch(loopbackFetch())
    .build()

/** A program without a server connects an account: what the browser shows, and how that ends. */
async function connect(person: Person) {
  await using server = await startAuthorizationServer()
  await using manager = await newManager()
  await using redirect = await startLoopbackRedirect({ path: '/callback' })
  const begun = await manager.beginAuthorization(oauth2Connection, {
    server: { issuer: server.issuer },
    client: { authentication: 'none', ...server.clients.none },
    redirectUri: redirect.uri,
    scope: 'openid email offline_access reports.read',
  })
  if (begun.interaction.kind !== 'redirect') expect.unreachable()
  const callback = await new Browser(person).visit(begun.interaction.url)
  const page = await (await fetch(callback)).text()
  const outcome = await manager.resumeAuthorization(await redirect.waitForCallback(), begun).then(
    async id => {
      const token = await manager.getToken(oauth2Connection.id(id))
      const headers = { authorization: `Bearer ${token.value.expose()}` }
      return (await fetch(server.protectedResourceUrl, { headers })).status
    },
    (error: { code: string }) => error.code,
  )
  return { page, outcome }
}

it('connects an account at a real authorization server', async () => {
  const { page, outcome } = await connect({ account: 'ada' })
  expect(page).toContain('Thank you')
  expect(outcome).toBe(200)
})

it('tells a person who said no that nothing was connected', async () => {
  const { page, outcome } = await connect({ account: 'ada', denies: true })
  expect(page).toContain('Not connected')
  expect(outcome).toBe('REAUTHORIZATION_REQUIRED')
})

import { CredentialManager, isCredentialError, passphraseKey } from '@nebula-credential/core'
import { providers } from '@nebula-credential/oauth2'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'

const { NEBULA_PASSPHRASE, CLIENT_ID: id = '', CLIENT_SECRET: secret = '', ORIGIN } = process.env
const manager = await CredentialManager.builder()
  .withStorage(new SqliteStateStore('nebula.db'))
  .withEncryption(passphraseKey(NEBULA_PASSPHRASE))
  .withCredentials(providers.google)
  .build()
const ada = manager.as({ tenantId: 'acme', userId: 'ada', actor: 'web' }) // whoever is signed in to your app
export const app = new Hono()

app.get('/connect', async c => {
  const scope = 'https://www.googleapis.com/auth/calendar.readonly'
  const input = { client: { id, secret }, redirectUri: `${ORIGIN}/callback`, scope }
  const { interaction, browserBinding } = await ada.beginAuthorization(providers.google, input)
  setCookie(c, 'connecting', browserBinding, { httpOnly: true, secure: true, sameSite: 'Lax', maxAge: 600 })
  return c.redirect(interaction.kind === 'redirect' ? interaction.url : '/')
})
app.get('/callback', async c => {
  const credential = await ada.resumeAuthorization(c.req.url, { browserBinding: getCookie(c, 'connecting') })
  return c.text(`${credential} is ${(await ada.describe(credential)).account?.label}`)
})
app.onError((error, c) => c.text(isCredentialError(error) ? error.message : 'Something went wrong', 400))

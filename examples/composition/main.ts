import { apiKey } from '@nebula-credential/api-key'
import { CredentialManager, passphraseKey } from '@nebula-credential/core'
import { oauth2RefreshToken } from '@nebula-credential/oauth2'
import { guardedFetch } from '@nebula-credential/outbound'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { partnerFetch } from './partner-fetch.ts'
import { partnerSigningKey } from './signing-key.ts'

const required = (name: string) => {
  const value = process.env[name]
  if (value) return value
  throw new Error(`Set ${name} in the environment`)
}

// A partner and an issuer on this machine, as in the tests, are let through.
const fetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })
await using manager = await CredentialManager.builder()
  .withStorage(new SqliteStateStore(process.env.DATABASE ?? 'composition.db'))
  .withEncryption(passphraseKey(process.env.NEBULA_PASSPHRASE))
  .withCredentials(oauth2RefreshToken, apiKey, partnerSigningKey)
  .withFetch(fetch)
  .build()
const acme = manager.as({ tenantId: 'acme', actor: 'orders' })

const user = await acme.createCredential(oauth2RefreshToken, {
  server: { issuer: required('ISSUER') },
  client: {
    authentication: 'client_secret_basic',
    id: required('CLIENT_ID'),
    secret: required('CLIENT_SECRET'),
  },
  accessToken: required('ACCESS_TOKEN'),
  refreshToken: required('REFRESH_TOKEN'),
})
const app = await acme.createCredential(apiKey, {
  key: required('PARTNER_API_KEY'),
  placement: { in: 'header', name: 'X-API-Key' },
})
const signer = await acme.createCredential(partnerSigningKey, {
  keyId: required('PARTNER_KEY_ID'),
  key: required('PARTNER_KEY'),
})

const partner = partnerFetch(acme, { user, app, signer }, fetch)
const order = { article: 'lamp', quantity: 7 }
const response = await partner(`${required('PARTNER_URL')}/orders?priority=high`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(order),
})
console.log(response.status, await response.text())

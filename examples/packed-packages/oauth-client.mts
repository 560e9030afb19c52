// The program of the README, with a grant that expires: run by packed-packages.integration.test.ts.
import { authenticateWith, CredentialManager, httpBearer, passphraseKey } from '@nebula-credential/core'
import { oauth2ClientCredentials } from '@nebula-credential/oauth2'
import { guardedFetch } from '@nebula-credential/outbound'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'

const { ISSUER: issuer = '', CLIENT_SECRET: secret = '', RESOURCE: resource = '' } = process.env

await using manager = await CredentialManager.builder()
  .withStorage(new SqliteStateStore('nebula.db'))
  .withEncryption(passphraseKey(process.env.NEBULA_PASSPHRASE))
  .withCredentials(oauth2ClientCredentials)
  .withFetch(guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true }))
  .build()

const acme = manager.as({ tenantId: 'acme', actor: 'billing-worker' })
const id = await acme.createCredential(
  oauth2ClientCredentials,
  { server: { issuer }, client: { authentication: 'client_secret_basic', id: 'basic', secret } },
  { name: 'Reports' },
)
const token = await acme.getToken(id)
const request = await authenticateWith(httpBearer, token, new Request(resource))
const same = await acme.client(id, httpBearer, new Request(resource))
console.log((await fetch(request)).status, (await fetch(same)).status, String(token.value))

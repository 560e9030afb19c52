import { CredentialManager, passphraseKey } from '@nebula-credential/core'
import { providers } from '@nebula-credential/oauth2'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'

await using manager = await CredentialManager.builder()
  .withStorage(new SqliteStateStore('nebula.db'))
  .withEncryption(passphraseKey(process.env.NEBULA_PASSPHRASE))
  .withContext({ tenantId: 'me', actor: 'terminal' })
  .build()
const input = { client: { id: process.env.CLIENT_ID ?? '' }, grant: 'device_code' } as const
const begun = await manager.beginAuthorization(providers.github, input)
if (begun.interaction.kind === 'device_code')
  console.log(`Enter ${begun.interaction.userCode} at ${begun.interaction.verificationUri}`)
const { account } = await manager.describe(await manager.waitForAuthorization(begun))
console.log(`Signed in as ${account?.label}`)

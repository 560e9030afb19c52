import { CredentialManager, passphraseKey } from '@nebula-credential/core'
import { openaiApiKey } from '@nebula-credential/node-openai'
import { telegramBot } from '@nebula-credential/node-telegram'
import { guardedFetch } from '@nebula-credential/outbound'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { trackerKey } from './issue-tracker.ts'
import type { Settings } from './settings.ts'

export function openManager({ database, passphrase, local }: Settings) {
  const builder = CredentialManager.builder()
    .withStorage(new SqliteStateStore(database))
    .withEncryption(passphraseKey(passphrase))
    .withCredentials(telegramBot, openaiApiKey, trackerKey)
  const loopbackFetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })
  return (local ? builder.withFetch(loopbackFetch) : builder).build()
}

import { CredentialManager, passphraseKey } from '@nebula-credential/core'
import { githubToken } from '@nebula-credential/node-github'
import { openaiApiKey } from '@nebula-credential/node-openai'
import { telegramBot } from '@nebula-credential/node-telegram'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import type { Settings } from './settings.ts'

export function openManager({ database, passphrase }: Settings) {
  return CredentialManager.builder()
    .withStorage(new SqliteStateStore(database))
    .withEncryption(passphraseKey(passphrase))
    .withCredentials(telegramBot, openaiApiKey, githubToken)
    .build()
}

import { githubToken } from '@nebula-credential/node-github'
import { openaiApiKey } from '@nebula-credential/node-openai'
import { telegramBot } from '@nebula-credential/node-telegram'
import { DigestService } from './digest-service.ts'
import { openManager } from './open-manager.ts'
import { settingsFrom } from './settings.ts'

const settings = settingsFrom(process.env)
await using manager = await openManager(settings)
const acme = manager.as({ tenantId: 'acme', actor: 'digest' })

// Once; a program keeps the ids, and makes them typed again by telegramBot.id(text).
const digest = new DigestService(acme, {
  bot: await acme.createCredential(telegramBot, settings.telegram, { name: 'Digest bot' }),
  writer: await acme.createCredential(openaiApiKey, settings.openai, { name: 'Digest writer' }),
  source: await acme.createCredential(githubToken, settings.github, { name: 'Issues' }),
})

console.log(await digest.nameOfBot())
console.log(await digest.sendDigest(settings.repository, settings.chatId))

for await (const { event } of manager.operator('digest').readAudit({ tenantId: 'acme' })) {
  if (event.action === 'credential.use') {
    console.log(`${event.usedBy} used a ${event.credentialType} as ${event.actor}: ${event.outcome}`)
  }
}

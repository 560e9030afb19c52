import { defineAction, needs } from '@nebula-credential/core'
import { githubApp, githubOAuthApp, githubToken, octokit } from '@nebula-credential/node-github'
import { openaiApiKey, openaiClient } from '@nebula-credential/node-openai'
import { telegramApi, telegramBot } from '@nebula-credential/node-telegram'
import { z } from 'zod'

/**
 * Reads a repository's open issues, has a model sum them up, and sends that to a chat: one action, three services,
 * three credentials, of which it sees none.
 */
export const sendDigest = defineAction({
  name: 'digest.send',
  credentials: {
    source: needs([githubToken, githubApp, githubOAuthApp], octokit),
    writer: needs(openaiApiKey, openaiClient),
    bot: needs(telegramBot, telegramApi),
  },
  input: z.strictObject({
    repository: z.strictObject({ owner: z.string(), repo: z.string() }),
    chatId: z.int(),
    model: z.string().default('gpt-5-mini'),
  }),
  output: z.object({ issues: z.number(), messageId: z.number().nullable() }),
  async run({ source, writer, bot }, { repository, chatId, model }, { signal }) {
    const { data: issues } = await source.request('GET /repos/{owner}/{repo}/issues', {
      ...repository,
      request: { signal },
    })
    if (issues.length === 0) return { issues: 0, messageId: null }

    const list = issues.map(({ number, title }) => `#${number} ${title}`).join('\n')
    const completion = await writer.chat.completions.create(
      { model, messages: [{ role: 'user', content: `Sum up in one sentence:\n${list}` }] },
      { signal },
    )
    const summary = completion.choices[0]?.message.content ?? list
    const { message_id } = await bot.sendMessage(chatId, summary)
    return { issues: issues.length, messageId: message_id }
  },
})

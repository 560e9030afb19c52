import { authenticatedFetch, defineAction, needs } from '@nebula-credential/core'
import { openaiApiKey, openaiClient } from '@nebula-credential/node-openai'
import { telegramApi, telegramBot } from '@nebula-credential/node-telegram'
import { failureFromError, failureFromResponse, outboundFetch } from '@nebula-credential/outbound'
import { z } from 'zod'
import { trackerKey, trackerRequests } from './issue-tracker.ts'

const issues = z.array(z.object({ number: z.number(), title: z.string() }))

/**
 * Reads the open issues, has a model sum them up, and sends that to a chat: one action, three services, three
 * credentials, of which it sees none.
 */
export const sendDigest = defineAction({
  name: 'digest.send',
  credentials: {
    tracker: needs(trackerKey, trackerRequests),
    writer: needs(openaiApiKey, openaiClient),
    bot: needs(telegramBot, telegramApi),
  },
  input: z.strictObject({ issuesUrl: z.url(), chatId: z.int(), model: z.string().default('gpt-5-mini') }),
  output: z.object({ issues: z.number(), messageId: z.number().nullable() }),
  async run({ tracker, writer, bot }, { issuesUrl, chatId, model }, context) {
    const { signal } = context
    const fetch = authenticatedFetch(tracker, { fetch: outboundFetch(context) })
    const response = await fetch(issuesUrl, { signal }).catch(error => {
      throw failureFromError(error)
    })
    const failure = failureFromResponse(response, Date.now())
    if (failure !== undefined) throw failure
    const open = issues.parse(await response.json())
    if (open.length === 0) return { issues: 0, messageId: null }

    const list = open.map(({ number, title }) => `#${number} ${title}`).join('\n')
    const completion = await writer.chat.completions.create(
      { model, messages: [{ role: 'user', content: `Sum up in one sentence:\n${list}` }] },
      { signal },
    )
    const summary = completion.choices[0]?.message.content ?? list
    const { message_id } = await bot.sendMessage(chatId, summary)
    return { issues: open.length, messageId: message_id }
  },
})

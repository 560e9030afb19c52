import { documentedAnswer } from '@nebula-credential/outbound'
import { z } from 'zod'
import { service } from '../service-errors.ts'

/** A chat's number, or a public channel's name. */
export const chatId = z.union([
  z.int(),
  z.string().regex(/^@\w+$/, 'must be a number, or the @name of a public channel'),
])

/** A message that Telegram has taken. */
export const sentMessage = z.object({
  messageId: z.number(),
  chatId: z.number(),
  /** Epoch ms. */
  sentAt: z.number(),
})

const message = z.object({
  message_id: z.number(),
  chat: z.object({ id: z.number() }),
  /** Seconds. */
  date: z.number(),
})

/** What the Bot API says about a message that was sent. @throws ProviderFailure when it is something else */
export function sentMessageOf(answer: unknown): z.input<typeof sentMessage> {
  const { message_id, chat, date } = documentedAnswer(service, message, answer)
  return { messageId: message_id, chatId: chat.id, sentAt: date * 1000 }
}

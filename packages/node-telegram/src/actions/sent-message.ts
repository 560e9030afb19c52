import { z } from 'zod'

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

export function sentMessageOf(message: {
  readonly message_id: number
  readonly chat: { readonly id: number }
  readonly date: number
}): z.input<typeof sentMessage> {
  return { messageId: message.message_id, chatId: message.chat.id, sentAt: message.date * 1000 }
}

import { defineAction } from '@nebula-credential/core'
import { documentedAnswer } from '@nebula-credential/outbound'
import { z } from 'zod'
import { service } from '../service-errors.ts'
import { chatInput, chatUsage, usage } from './chat.ts'
import { onlyOnce, openaiNeed } from './openai-need.ts'

const answer = z.object({
  id: z.string(),
  model: z.string(),
  choices: z
    .array(
      z.object({
        message: z.looseObject({
          content: z.string().nullish(),
          tool_calls: z.array(z.unknown()).optional(),
        }),
        finish_reason: z.string(),
      }),
    )
    .min(1),
  usage: chatUsage.optional(),
})

/**
 * Has a model answer a conversation.
 *
 * @example
 * const { text } = await acme.run(createChatCompletion, { openai: id }, { model, messages })
 */
export const createChatCompletion = defineAction({
  name: 'openai.create_chat_completion',
  credentials: { openai: openaiNeed },
  input: chatInput,
  output: z.object({
    id: z.string(),
    model: z.string(),
    /** Null when the model calls tools instead. */
    text: z.string().nullable(),
    /** As OpenAI sent them. */
    toolCalls: z.array(z.unknown()),
    finishReason: z.string(),
    usage: usage.optional(),
  }),
  timeoutMs: 600_000,
  async run({ openai }, { model, messages, parameters }, { signal }) {
    const request = { ...parameters, model, messages, stream: false } as never
    const given = await openai.chat.completions.create(request, onlyOnce(signal))
    const { id, model: used, choices, usage } = documentedAnswer(service, answer, given)
    const [choice] = choices
    return {
      id,
      model: used,
      text: choice?.message.content ?? null,
      toolCalls: choice?.message.tool_calls ?? [],
      finishReason: choice?.finish_reason ?? 'stop',
      usage,
    }
  },
})

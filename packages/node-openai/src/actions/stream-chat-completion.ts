import { defineStream } from '@nebula-credential/core'
import { documentedAnswer } from '@nebula-credential/outbound'
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions'
import { z } from 'zod'
import { service } from '../service-errors.ts'
import { chatInput, chatUsage, usage } from './chat.ts'
import { onlyOnce, openaiNeed } from './openai-need.ts'

const chunk = z.object({
  choices: z.array(
    z.object({
      delta: z.looseObject({ content: z.string().nullish() }),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage: chatUsage.nullish(),
})

/**
 * Has a model answer a conversation, and hands out the text as it comes.
 *
 * @example
 * for await (const { text } of acme.stream(streamChatCompletion, { openai: id }, { model, messages })) write(text)
 */
export const streamChatCompletion = defineStream({
  name: 'openai.stream_chat_completion',
  credentials: { openai: openaiNeed },
  input: chatInput,
  chunk: z.object({
    /** What comes next; empty in the pieces that end the answer. */
    text: z.string(),
    finishReason: z.string().optional(),
    /** In the last piece, where `parameters` ask for it: `{ stream_options: { include_usage: true } }`. */
    usage: usage.optional(),
  }),
  async *run({ openai }, { model, messages, parameters }, { signal }) {
    const request = { ...parameters, model, messages, stream: true }
    const pieces = await openai.chat.completions.create(
      request as unknown as ChatCompletionCreateParamsStreaming,
      onlyOnce(signal),
    )
    for await (const piece of pieces) {
      const { choices, usage } = documentedAnswer(service, chunk, piece)
      const [choice] = choices
      yield {
        text: choice?.delta.content ?? '',
        ...(choice?.finish_reason && { finishReason: choice.finish_reason }),
        ...(usage && { usage }),
      }
    }
  },
})

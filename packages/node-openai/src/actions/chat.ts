import { z } from 'zod'
import { furtherParameters } from './openai-need.ts'

/** What chat completions take, streamed or not. */
export const chatInput = z.strictObject({
  model: z.string().min(1),
  messages: z
    .array(z.looseObject({ role: z.enum(['developer', 'system', 'user', 'assistant', 'tool']) }))
    .min(1),
  /** Further parameters as OpenAI documents them. */
  parameters: furtherParameters,
})

/** How many tokens a call took. */
export const usage = z.object({ inputTokens: z.number(), outputTokens: z.number() })

export const chatUsage = z
  .object({ prompt_tokens: z.number(), completion_tokens: z.number() })
  .transform(({ prompt_tokens, completion_tokens }) => ({
    inputTokens: prompt_tokens,
    outputTokens: completion_tokens,
  }))

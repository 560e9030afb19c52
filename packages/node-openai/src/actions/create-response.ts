import { defineAction } from '@nebula-credential/core'
import { documentedAnswer } from '@nebula-credential/outbound'
import { z } from 'zod'
import { service } from '../service-errors.ts'
import { usage } from './chat.ts'
import { furtherParameters, onlyOnce, openaiNeed } from './openai-need.ts'

const answer = z.object({
  id: z.string(),
  model: z.string(),
  status: z.string(),
  output_text: z.string(),
  output: z.array(z.unknown()),
  usage: z.object({ input_tokens: z.number(), output_tokens: z.number() }).nullish(),
})

/**
 * Has a model respond, by the Responses API.
 *
 * @example
 * const { text } = await acme.run(createResponse, { openai: id }, { model, input: 'Name three lamps.' })
 */
export const createResponse = defineAction({
  name: 'openai.create_response',
  credentials: { openai: openaiNeed },
  input: z.strictObject({
    model: z.string().min(1),
    input: z.union([z.string().min(1), z.array(z.looseObject({})).min(1)]),
    instructions: z.string().optional(),
    /** Further parameters as OpenAI documents them. */
    parameters: furtherParameters,
  }),
  output: z.object({
    id: z.string(),
    model: z.string(),
    status: z.string(),
    text: z.string(),
    /** All items, as OpenAI sent them. */
    output: z.array(z.unknown()),
    usage: usage.optional(),
  }),
  timeoutMs: 600_000,
  async run({ openai }, { parameters, ...named }, { signal }) {
    const request = { ...parameters, ...named, stream: false } as never
    const given = await openai.responses.create(request, onlyOnce(signal))
    const { output_text, usage, ...rest } = documentedAnswer(service, answer, given)
    const counted = usage && { usage: { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens } }
    return { ...rest, text: output_text, ...counted }
  },
})

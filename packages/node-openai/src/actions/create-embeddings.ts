import { defineAction } from '@nebula-credential/core'
import { documentedAnswer } from '@nebula-credential/outbound'
import { z } from 'zod'
import { service } from '../service-errors.ts'
import { furtherParameters, onlyOnce, openaiNeed } from './openai-need.ts'

const answer = z.object({
  model: z.string(),
  data: z.array(z.object({ index: z.number(), embedding: z.array(z.number()) })),
  usage: z.object({ prompt_tokens: z.number() }).optional(),
})

/**
 * The embeddings of texts, in their order.
 *
 * @example
 * const { embeddings } = await acme.run(createEmbeddings, { openai: id }, { model, input: ['a', 'b'] })
 */
export const createEmbeddings = defineAction({
  name: 'openai.create_embeddings',
  credentials: { openai: openaiNeed },
  input: z.strictObject({
    model: z.string().min(1),
    input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
    dimensions: z.int().positive().optional(),
    /** Further parameters as OpenAI documents them. */
    parameters: furtherParameters,
  }),
  output: z.object({
    model: z.string(),
    embeddings: z.array(z.array(z.number())),
    inputTokens: z.number().optional(),
  }),
  async run({ openai }, { parameters, ...named }, { signal }) {
    const given = await openai.embeddings.create({ ...parameters, ...named } as never, onlyOnce(signal))
    const { model, data, usage } = documentedAnswer(service, answer, given)
    const inOrder = data.toSorted((one, other) => one.index - other.index)
    return { model, embeddings: inOrder.map(({ embedding }) => embedding), inputTokens: usage?.prompt_tokens }
  },
})

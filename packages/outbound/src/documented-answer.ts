import { ProviderFailure } from '@nebula-credential/core'

/**
 * What a schema makes of an answer that a client handed on as it came.
 *
 * @param service named in the message, which quotes nothing of the answer
 * @throws ProviderFailure unknown when it is not the answer that the service documents: what was asked for may have
 * been carried out
 */
export function documentedAnswer<Answer>(
  service: string,
  schema: { parse(answer: unknown): Answer },
  answer: unknown,
): Answer {
  try {
    return schema.parse(answer)
  } catch {
    throw new ProviderFailure('unknown', `${service} answered with something else than documented`)
  }
}

import { CredentialError } from '@nebula-credential/core'
import { z } from 'zod'

/** What is kept of a started flow, as JSON text with its secrets in clear. */
export function serializePending<Pending>(schema: z.ZodType<Pending>, pending: Pending): string {
  return JSON.stringify(z.encode(schema, pending))
}

/** @throws CredentialError INPUT_INVALID when it is no such flow, or one of another release */
export function parsePending<Pending>(schema: z.ZodType<Pending>, text: string): Pending {
  try {
    return z.decode(schema, JSON.parse(text))
  } catch {
    // What is wrong with it may quote it.
    throw new CredentialError(
      'INPUT_INVALID',
      'This is no started flow of this kind, or one of another release; begin again',
    )
  }
}

import { apiKeyToken, defineCredential, secret } from '@nebula-credential/core'
import { z } from 'zod'
import { apiKeyPlacement, bearerPlacement } from './api-key-placement.ts'

/** A key as people paste it: white space around it goes, and what no header could carry is refused. */
export const pastedKey = z
  .string()
  .trim()
  .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII, and not empty')

/**
 * A key of any service, with where the service wants it: by default `Authorization: Bearer <key>`.
 *
 * @example
 * await manager.createCredential(apiKey, { key, placement: { in: 'header', name: 'X-API-Key' } })
 */
export const apiKey = defineCredential({
  type: 'api_key',
  input: z.strictObject({ key: secret(pastedKey), placement: apiKeyPlacement.default(bearerPlacement) }),
  state: z.object({ key: secret(), placement: apiKeyPlacement }),
  token: apiKeyToken,
  initialize: ({ key, placement }) => ({ key, placement }),
  access: ({ key, placement }) => ({ value: key, placement }),
})

import { apiKeyToken, lentSecret, type TokenOf, tokenKind } from '@nebula-credential/core'
import { isServiceUrl, serviceUrlRule } from '@nebula-credential/outbound'
import { z } from 'zod'

export const serviceUrl = z.string().refine(isServiceUrl, serviceUrlRule)

/** A resource of Azure OpenAI that is called by deployment and API version. */
export const azureResource = z.strictObject({
  /** `https://<resource>.openai.azure.com`. */
  endpoint: serviceUrl,
  /** `2024-10-21`, for example. */
  apiVersion: z.string().regex(/^\d{4}-\d{2}-\d{2}(-preview)?$/, 'must be a date, with -preview or without'),
  /** Default: the model that a call names. */
  deployment: z.string().min(1).optional(),
})

/** An API key, with what else a client needs to know. */
export const openaiToken = tokenKind(apiKeyToken.kind, {
  value: lentSecret(),
  placement: z.object({ in: z.literal('header'), name: z.string(), prefix: z.string().optional() }),
  /** Default: OpenAI's own. */
  baseURL: z.string().optional(),
  organization: z.string().optional(),
  project: z.string().optional(),
  azure: azureResource.optional(),
})
export type OpenaiToken = TokenOf<typeof openaiToken>

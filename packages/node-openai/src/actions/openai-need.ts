import { needs } from '@nebula-credential/core'
import { z } from 'zod'
import { openaiClient } from '../authenticator/openai-client.ts'
import { openaiApiKey } from '../credential/openai-api-key.ts'

/** What every action takes. */
export const openaiNeed = needs(openaiApiKey, openaiClient)

/** What OpenAI documents beyond the fields that an action has: `temperature`, `tools` … */
export const furtherParameters = z.record(z.string(), z.unknown()).optional()

/** The client's own retries are left out: an action's error says when to try again. */
export const onlyOnce = (signal: AbortSignal) => ({ signal, maxRetries: 0 })

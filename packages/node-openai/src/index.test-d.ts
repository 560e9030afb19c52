import {
  type ApiKeyToken,
  authenticateWith,
  bearerToken,
  type CredentialView,
  lend,
} from '@nebula-credential/core'
import type OpenAI from 'openai'
import { createChatCompletion, openaiApiKey, openaiClient, streamChatCompletion } from './index.ts'

declare const acme: CredentialView
const id = await acme.createCredential(openaiApiKey, { apiKey: 'sk-x', project: 'p' })
const token: ApiKeyToken = await acme.getToken(id)
const client: OpenAI = await acme.client(id, openaiClient)
const live: OpenAI = await authenticateWith(openaiClient, acme.tokenSource(id))
const input = { model: 'm', messages: [{ role: 'user' as const, content: 'x' }] }
const { text }: { text: string | null } = await acme.run(createChatCompletion, { openai: id }, input)
for await (const piece of acme.stream(streamChatCompletion, { openai: id }, input)) {
  piece.text satisfies string
}

// @ts-expect-error the name of a field of another service
void acme.createCredential(openaiApiKey, { botToken: 'sk-x' })
// @ts-expect-error a token of another kind
void authenticateWith(openaiClient, bearerToken.mint({ value: lend('x') }, 1))
// @ts-expect-error a role that there is not
void acme.run(createChatCompletion, { openai: id }, { model: 'm', messages: [{ role: 'robot' }] })
void [token, client, live, text]

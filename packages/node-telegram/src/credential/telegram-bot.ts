import {
  bearerToken,
  defineCredential,
  lentSecret,
  secret,
  type TokenOf,
  tokenKind,
  type Verification,
} from '@nebula-credential/core'
import { fetchJson, isServiceUrl, serviceUrlRule } from '@nebula-credential/outbound'
import { z } from 'zod'
import { failureFromAnswer } from '../service-errors.ts'

/** Where the Bot API is, unless the credential says otherwise. */
export const defaultApiRoot = 'https://api.telegram.org'

const botToken = z
  .string()
  .trim()
  .regex(/^\d+:[\w-]+$/, 'must look like 123456:ABC-DEF, as @BotFather shows it')

const apiRoot = z.string().refine(isServiceUrl, serviceUrlRule)

// Bot API, setWebhook: secret_token.
const webhookSecret = z.string().regex(/^[\w-]{1,256}$/, 'must be 1 to 256 letters, digits, _ and -')

/** A bearer token, with what else a bot's clients need to know. */
export const telegramToken = tokenKind(bearerToken.kind, {
  value: lentSecret(),
  /** The root of a Bot API server other than Telegram's. */
  apiRoot: z.string().optional(),
  /** What Telegram sends with every update, where `setWebhook` was given it. */
  webhookSecret: lentSecret().optional(),
})
export type TelegramToken = TokenOf<typeof telegramToken>

/**
 * A bot, by the token that @BotFather gave it. The token does not expire; @BotFather can replace it.
 *
 * @example
 * const id = await acme.createCredential(telegramBot, { botToken }, { name: 'Support bot' })
 */
export const telegramBot = defineCredential({
  type: 'telegram_bot',
  input: z.strictObject({
    botToken: secret(botToken),
    apiRoot: apiRoot.optional(),
    webhookSecret: secret(webhookSecret).optional(),
  }),
  state: z.object({
    botToken: secret(),
    apiRoot: z.string().optional(),
    webhookSecret: secret().optional(),
  }),
  token: telegramToken,
  initialize: input => input,
  access: state => ({
    value: state.botToken,
    apiRoot: state.apiRoot,
    webhookSecret: state.webhookSecret,
  }),
  async verify(token, environment): Promise<Verification> {
    const { result } = await fetchJson(environment, {
      url: methodUrl(token, 'getMe'),
      answer: botAnswer,
      failure: failureFromAnswer,
    })
    return { account: { id: String(result.id), label: `@${result.username}` } }
  },
})

const botAnswer = z.object({
  ok: z.literal(true),
  result: z.object({ id: z.number(), username: z.string() }),
})

function methodUrl(token: TelegramToken, method: string): string {
  const root = (token.apiRoot ?? defaultApiRoot).replace(/\/+$/, '')
  return `${root}/bot${token.value.expose()}/${method}`
}

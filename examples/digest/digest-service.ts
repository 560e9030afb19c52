import type { CredentialView, IdsOf } from '@nebula-credential/core'
import { telegramApi } from '@nebula-credential/node-telegram'
import type { Telegram } from 'telegraf'
import { sendDigest } from './send-digest.ts'

interface Repository {
  readonly owner: string
  readonly repo: string
}

/** Which credentials a tenant's digest uses: what the program stores, instead of secrets. */
export type DigestCredentials = IdsOf<typeof sendDigest.credentials>

/**
 * The service pattern: it holds a view and the ids of credentials, never a token or a client, so that it may live as
 * long as the process. A client is asked for when it is needed, and is then the one that works.
 */
export class DigestService {
  readonly #credentials: CredentialView
  readonly #ids: DigestCredentials

  constructor(credentials: CredentialView, ids: DigestCredentials) {
    this.#credentials = credentials
    this.#ids = ids
  }

  /** The bot's client, with the token that is valid now. */
  bot(): Promise<Telegram> {
    return this.#credentials.client(this.#ids.bot, telegramApi)
  }

  async sendDigest(repository: Repository, chatId: number): Promise<string> {
    const { issues, messageId } = await this.#credentials.run(sendDigest, this.#ids, { repository, chatId })
    return messageId === null ? 'Nothing to tell.' : `${issues} issues in message ${messageId}`
  }

  async nameOfBot(): Promise<string> {
    return `@${(await (await this.bot()).getMe()).username}`
  }
}

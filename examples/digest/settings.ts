/** What the program needs to know, from the environment. */
export interface Settings {
  readonly passphrase: string
  readonly database: string
  readonly chatId: number
  readonly telegram: { readonly botToken: string; readonly apiRoot?: string }
  readonly openai: { readonly apiKey: string; readonly baseURL?: string }
  readonly tracker: { readonly key: string; readonly url: string }
  /** Whether the services may be on this machine, and speak http: for tests. */
  readonly local: boolean
}

/** @throws Error naming a variable that is not set */
export function settingsFrom(environment: NodeJS.ProcessEnv): Settings {
  const required = (name: string) => {
    const value = environment[name]
    if (value) return value
    throw new Error(`Set ${name} in the environment; examples/digest/README.md says what it is`)
  }
  const { TELEGRAM_API_ROOT: apiRoot, OPENAI_URL: baseURL } = environment
  return {
    passphrase: required('NEBULA_PASSPHRASE'),
    database: environment.DIGEST_DATABASE ?? 'digest.db',
    chatId: Number(required('TELEGRAM_CHAT_ID')),
    telegram: { botToken: required('TELEGRAM_BOT_TOKEN'), ...(apiRoot && { apiRoot }) },
    openai: { apiKey: required('OPENAI_KEY'), ...(baseURL && { baseURL }) },
    tracker: { key: required('TRACKER_KEY'), url: required('TRACKER_URL') },
    local: environment.LOCAL_SERVICES === 'yes',
  }
}

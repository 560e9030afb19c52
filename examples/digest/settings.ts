/** What the program needs to know, from the environment. */
export interface Settings {
  readonly passphrase: string
  readonly database: string
  readonly chatId: number
  readonly repository: { readonly owner: string; readonly repo: string }
  readonly telegram: { readonly botToken: string; readonly apiRoot?: string }
  readonly openai: { readonly apiKey: string; readonly baseURL?: string }
  readonly github: { readonly token: string; readonly baseUrl?: string }
}

/** @throws Error naming a variable that is not set */
export function settingsFrom(environment: NodeJS.ProcessEnv): Settings {
  const required = (name: string) => {
    const value = environment[name]
    if (value) return value
    throw new Error(`Set ${name} in the environment; examples/digest/README.md says what it is`)
  }
  const { TELEGRAM_API_ROOT: apiRoot, OPENAI_URL: baseURL, GITHUB_URL: baseUrl } = environment
  const [owner = '', repo = ''] = required('GITHUB_REPOSITORY').split('/')
  return {
    passphrase: required('NEBULA_PASSPHRASE'),
    database: environment.DIGEST_DATABASE ?? 'digest.db',
    chatId: Number(required('TELEGRAM_CHAT_ID')),
    repository: { owner, repo },
    telegram: { botToken: required('TELEGRAM_BOT_TOKEN'), ...(apiRoot && { apiRoot }) },
    openai: { apiKey: required('OPENAI_KEY'), ...(baseURL && { baseURL }) },
    github: { token: required('GITHUB_TOKEN'), ...(baseUrl && { baseUrl }) },
  }
}

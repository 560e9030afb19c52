import { CredentialError, type LiveAuthenticator, type TokenSource } from '@nebula-credential/core'
import OpenAI, { AzureOpenAI } from 'openai'
import type { OpenaiToken } from '../credential/openai-token.ts'
import { explainOpenaiError } from '../service-errors.ts'

/**
 * A client that asks for the key valid now for each request, and so never goes stale. Nothing of it comes from the
 * process's environment: an organisation that stands there is another tenant's.
 */
export const openaiClient: LiveAuthenticator<void, OpenAI, OpenaiToken> = {
  name: 'openaiClient',
  kind: 'api-key',
  live: true,
  builtOn: placeOf,
  async authenticate(_, source) {
    const token = await source.getToken()
    const key = () => keyFor(placeOf(token), source)
    const shared = {
      organization: token.organization ?? null,
      project: token.project ?? null,
      adminAPIKey: null,
      webhookSecret: null,
    }
    if (token.azure !== undefined) return azureClient(token.azure, key, shared)
    return new OpenAI({ ...shared, apiKey: key, baseURL: token.baseURL ?? 'https://api.openai.com/v1' })
  },
  explain: explainOpenaiError,
}

/** Where a token is good: changed by nobody but who updates the credential. */
function placeOf({ baseURL, organization, project, azure }: OpenaiToken): string {
  return JSON.stringify([
    baseURL,
    organization,
    project,
    azure?.endpoint,
    azure?.apiVersion,
    azure?.deployment,
  ])
}

/** The key valid now; never that of a server to another one. @throws CredentialError CONFIG_INVALID */
async function keyFor(place: string, source: TokenSource<OpenaiToken>): Promise<string> {
  const token = await source.getToken()
  if (placeOf(token) === place) return token.value.expose()
  throw new CredentialError(
    'CONFIG_INVALID',
    'The credential was changed to another server, organisation or project; get its client again',
  )
}

/** The SDK takes a function for bearer tokens only, and Azure wants its keys in a header of their own. */
function azureClient(
  { endpoint, apiVersion, deployment }: NonNullable<OpenaiToken['azure']>,
  key: () => Promise<string>,
  shared: Pick<ConstructorParameters<typeof OpenAI>[0] & object, 'organization' | 'project'>,
): AzureOpenAI {
  return new AzureOpenAI({
    ...shared,
    baseURL: `${endpoint.replace(/\/+$/, '')}/openai`,
    apiVersion,
    ...(deployment !== undefined && { deployment }),
    apiKey: 'asked for with each request',
    async fetch(input, init) {
      const headers = new Headers(init?.headers)
      headers.set('api-key', await key())
      return fetch(input, { ...init, headers })
    },
  })
}

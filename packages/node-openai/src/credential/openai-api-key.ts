import { type Account, defineCredential, secret, type Verification } from '@nebula-credential/core'
import { requestJson } from '@nebula-credential/outbound'
import { z } from 'zod'
import { failureFromAnswer } from '../service-errors.ts'
import { azureResource, type OpenaiToken, openaiToken, serviceUrl } from './openai-token.ts'

const defaultBaseUrl = 'https://api.openai.com/v1'

const openaiPlacement = { in: 'header', name: 'Authorization', prefix: 'Bearer ' } as const
const azurePlacement = { in: 'header', name: 'api-key' } as const

const apiKey = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')

const fields = {
  baseURL: serviceUrl.optional(),
  organization: z.string().min(1).optional(),
  project: z.string().min(1).optional(),
  azure: azureResource.optional(),
}

/**
 * An API key of OpenAI, of Azure OpenAI, or of any server that speaks their API. It does not expire.
 *
 * @example
 * const id = await acme.createCredential(openaiApiKey, { apiKey, project: 'proj_1' }, { name: 'Summaries' })
 */
export const openaiApiKey = defineCredential({
  type: 'openai_api_key',
  input: z
    .strictObject({ apiKey: secret(apiKey), ...fields })
    .refine(({ baseURL, azure }) => baseURL === undefined || azure === undefined, {
      path: ['baseURL'],
      message: 'must not be given together with azure, which has an endpoint',
    }),
  state: z.object({ apiKey: secret(), ...fields }),
  token: openaiToken,
  initialize: input => input,
  access: ({ apiKey, azure, ...rest }) => ({
    value: apiKey,
    placement: azure === undefined ? openaiPlacement : azurePlacement,
    azure,
    ...rest,
  }),
  async verify(token, environment): Promise<Verification> {
    const { headers } = await requestJson(environment, {
      url: modelsUrl(token),
      headers: headersOf(token),
      answer: z.object({ data: z.array(z.unknown()) }),
      failure: failureFromAnswer,
    })
    const account = accountOf(token, headers)
    return account === undefined ? {} : { account }
  },
})

function modelsUrl({ baseURL, azure }: OpenaiToken): URL {
  if (azure === undefined) return new URL(`${(baseURL ?? defaultBaseUrl).replace(/\/+$/, '')}/models`)
  const url = new URL(`${azure.endpoint.replace(/\/+$/, '')}/openai/models`)
  url.searchParams.set('api-version', azure.apiVersion)
  return url
}

function headersOf({ value, placement, organization, project }: OpenaiToken): Record<string, string> {
  return {
    [placement.name]: `${placement.prefix ?? ''}${value.expose()}`,
    ...(organization !== undefined && { 'OpenAI-Organization': organization }),
    ...(project !== undefined && { 'OpenAI-Project': project }),
  }
}

/** Whose account it is: the organisation that OpenAI names in its answers, the resource of Azure, else unknown. */
function accountOf({ azure }: OpenaiToken, headers: Headers): Account | undefined {
  const name = azure === undefined ? headers.get('openai-organization') : new URL(azure.endpoint).host
  return name ? { id: name, label: name } : undefined
}

import { z } from 'zod'
import {
  type CredentialManager as AnyManager,
  apiKeyHeader,
  apiKeyToken,
  authenticateWith,
  type BasicToken,
  type BearerToken,
  basicAuth,
  bearerToken,
  CredentialManager,
  chain,
  defineCredential,
  httpBearer,
  link,
  MemoryStateStore,
  passphraseKey,
  secret,
} from './index.ts'

const botInput = z.object({ botToken: secret() })
const chatBot = defineCredential({
  type: 'chat_bot',
  input: botInput,
  state: botInput,
  token: bearerToken,
  initialize: input => input,
  access: ({ botToken }) => ({ value: botToken }),
})
const mapsKey = defineCredential({
  type: 'maps_key',
  input: z.object({ key: secret() }),
  state: z.object({ key: secret() }),
  token: apiKeyToken,
  initialize: input => input,
  access: ({ key }) => ({ value: key }),
})

// The literals of a token's fields stay literals, whatever else the definition has.
const fixedPlace = {
  type: 'fixed_place',
  input: z.object({ key: secret() }),
  state: z.object({ key: secret() }),
  token: apiKeyToken,
} as const
void defineCredential({
  ...fixedPlace,
  initialize: input => input,
  access: ({ key }) => ({ value: key, placement: { in: 'header', name: 'X-Key' } }),
})
void defineCredential({
  ...fixedPlace,
  initialize: input => input,
  // @ts-expect-error a place that the kind of token does not have
  access: ({ key }) => ({ value: key, placement: { in: 'cookie', name: 'X-Key' } }),
})
void defineCredential({
  ...fixedPlace,
  initialize: input => input,
  // @ts-expect-error a field is missing
  access: () => ({ placement: { in: 'header', name: 'X-Key' } }),
})

const empty = CredentialManager.builder()
const store = new MemoryStateStore()
const key = passphraseKey('x')

// @ts-expect-error a builder without storage and encryption
void empty.build()
// @ts-expect-error a builder without encryption
void empty.withStorage(store).build()
// @ts-expect-error a builder without storage
void empty.withEncryption(key).build()

const manager = await empty.withStorage(store).withEncryption(key).withCredentials(chatBot, mapsKey).build()
const acme = manager.as({ tenantId: 'acme' })

const bot = await acme.createCredential(chatBot, { botToken: 'x' })
const named = await acme.createCredential('maps_key', { key: 'x' })
// @ts-expect-error a field that the type does not have
void acme.createCredential(chatBot, { token: 'x' })
// @ts-expect-error a field is missing
void acme.createCredential(chatBot, {})
// @ts-expect-error a field is missing from changes
void acme.updateCredential(bot, { input: {} })
// @ts-expect-error a value of the wrong type
void acme.createCredential(chatBot, { botToken: 1 })
// @ts-expect-error the input of another type
void acme.createCredential('maps_key', { botToken: 'x' })
// @ts-expect-error a type that was not registered with the builder
void acme.createCredential('unheard_of', { botToken: 'x' })
void acme.updateCredential(bot, { input: { botToken: 'y' } })
// @ts-expect-error new input of another type
void acme.updateCredential(bot, { input: { key: 'y' } })

const botToken: BearerToken = await acme.getToken(bot)
const mapsToken = await acme.getToken(named)
mapsToken.placement satisfies object | undefined
// @ts-expect-error a bearer token is not a basic one
const basicToken: BasicToken = await acme.getToken(bot)
const fromDatabase: BearerToken = await acme.getToken(chatBot.id('chat_bot_00000000000000000000000000'))

const tenantId: string = 'acme'
// @ts-expect-error a tenant id where a credential id is wanted
void acme.getToken(tenantId)
// @ts-expect-error an id of another type of credential
void acme.updateCredential(named, { input: { botToken: 'y' } })

const request = new Request('https://api.example.com/')
void authenticateWith(httpBearer, botToken, request)
void authenticateWith(httpBearer, acme.tokenSource(bot), request)
// @ts-expect-error a token of another kind
void authenticateWith(basicAuth, botToken, request)
// @ts-expect-error a target is missing
void authenticateWith(httpBearer, botToken)
void acme.client(bot, httpBearer, request)
// @ts-expect-error an authenticator of another kind
void acme.client(bot, apiKeyHeader, request)

void chain(link(httpBearer, botToken), link(apiKeyHeader, mapsToken)).authenticate(request)
// @ts-expect-error a link whose token is of another kind
void link(httpBearer, mapsToken)
declare const toText: {
  name: 'toText'
  kind: 'bearer'
  authenticate(target: Request, token: BearerToken): string
}
// @ts-expect-error a link whose target is not the output of the one before
void chain(link(toText, botToken), link(apiKeyHeader, mapsToken))

// What services accept.
const service = (any: AnyManager) => any
service(manager)

// @ts-expect-error an operator has no tokens
manager.operator('root').getToken
void [basicToken, fromDatabase]

import { z } from 'zod'
import {
  apiKeyToken,
  bearerToken,
  type CredentialView,
  defineAction,
  defineCredential,
  defineStream,
  needs,
  needsToken,
  type SnapshotAuthenticator,
  secret,
} from '../index.ts'

const key = z.object({ key: secret() })
const chatBot = defineCredential({
  type: 'chat_bot',
  input: key,
  state: key,
  token: bearerToken,
  initialize: input => input,
  access: state => ({ value: state.key }),
})
const mapsKey = defineCredential({
  type: 'maps_key',
  input: key,
  state: key,
  token: apiKeyToken,
  initialize: input => input,
  access: state => ({ value: state.key }),
})
interface ChatClient {
  send(text: string): Promise<number>
}
declare const chatApi: SnapshotAuthenticator<void, ChatClient, { kind: 'bearer'; generation: number }>
declare const acme: CredentialView

const greet = defineAction({
  name: 'chat.greet',
  credentials: { bot: needs(chatBot, chatApi) },
  input: z.object({ name: z.string().default('you') }),
  output: z.object({ messageId: z.number() }),
  async run({ bot }, { name }, { signal }) {
    signal.throwIfAborted()
    // @ts-expect-error a client that was not declared
    void bot.receive
    return { messageId: await bot.send(name satisfies string) }
  },
})
// @ts-expect-error an authenticator of another kind of token
needs(mapsKey, chatApi)
defineAction({
  name: 'chat.wrong',
  credentials: {},
  input: z.object({}),
  output: z.object({ messageId: z.number() }),
  // @ts-expect-error an output that is not the declared one
  run: () => ({ messageId: 'seven' }),
})

const bot = await acme.createCredential(chatBot, { key: 'x' })
const maps = await acme.createCredential(mapsKey, { key: 'x' })
const sent: { messageId: number } = await acme.run(greet, { bot }, { name: 'Ada' })
void acme.run(greet, { bot: chatBot.id('chat_bot_00000000000000000000000000') }, {})
// @ts-expect-error a credential of another type
void acme.run(greet, { bot: maps }, {})
// @ts-expect-error an id whose type nobody has checked
void acme.run(greet, { bot: 'chat_bot_00000000000000000000000000' }, {})
// @ts-expect-error a credential is missing
void acme.run(greet, {}, {})
// @ts-expect-error input of another action
void acme.run(greet, { bot }, { text: 'Hello' })
// @ts-expect-error an action is not a stream
void acme.stream(greet, { bot }, {})

const either = defineAction({
  name: 'chat.either',
  credentials: { bot: needs([chatBot], chatApi) },
  input: z.object({}),
  output: z.void(),
  run: async ({ bot }) => {
    await bot.send('x')
  },
})
void acme.run(either, { bot }, {})

const any = defineAction({
  name: 'chat.any',
  credentials: { bot: needsToken(bearerToken, chatApi) },
  input: z.object({}),
  output: z.void(),
  run: async ({ bot }) => {
    await bot.send('x')
  },
})
void acme.run(any, { bot }, {})
// @ts-expect-error a credential whose token is of another kind
void acme.run(any, { bot: maps }, {})
// @ts-expect-error an authenticator of another kind of token
needsToken(apiKeyToken, chatApi)

const count = defineStream({
  name: 'chat.count',
  credentials: { bot: needs(chatBot, chatApi) },
  input: z.object({ to: z.number() }),
  chunk: z.number(),
  async *run({ bot }, { to }) {
    for (let number = 1; number <= to; number++) yield await bot.send(String(number))
  },
})
for await (const number of acme.stream(count, { bot }, { to: 3 })) number satisfies number
void sent

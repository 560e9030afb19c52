import {
  bearerToken,
  defineCredential,
  lentSecret,
  ProviderFailure,
  type Secret,
  SecretString,
  secret,
  tokenKind,
} from '@nebula-credential/core'
import { z } from 'zod'
import type { CredentialTypeHarness } from '../../src/index.ts'
import type { Mutant } from './mutant.ts'

const passwordSentinel = 'sentinel password é+/='
const refreshSentinel = 'sentinel-refresh-token'

const input = z.object({ username: z.string(), password: secret() })
const state = z.object({ refreshToken: secret(), value: secret(), expiresAt: z.number() })
type State = z.output<typeof state>
type Definition = Parameters<typeof defineCredential>[0]

/** A service that trades a password for tokens and rotates them. */
const service: typeof fetch = async () => Response.json({ refresh_token: refreshSentinel, expires_in: 3_600 })

async function obtain(fetcher: typeof fetch | undefined): Promise<State> {
  let body: { refresh_token: string; expires_in: number }
  try {
    body = (await (await (fetcher as typeof fetch)('https://id.example/token')).json()) as typeof body
  } catch (cause) {
    throw new ProviderFailure('transient', 'The token endpoint cannot be reached', { cause, peerDown: true })
  }
  return {
    refreshToken: SecretString.from(body.refresh_token),
    value: SecretString.from(`${body.refresh_token}/access`),
    expiresAt: Date.now() + body.expires_in * 1_000,
  }
}

const honest = {
  type: 'password_grant',
  input,
  state,
  token: bearerToken,
  initialize: (_given: z.output<typeof input>, { fetch }: { fetch?: typeof globalThis.fetch }) =>
    obtain(fetch),
  access: ({ value, expiresAt }: State) => ({ value, expiresAt }),
  refresh: {
    rotating: true,
    supported: ({ refreshToken }: State) => refreshToken.expose() !== 'none',
    peer: () => 'https://id.example password_grant',
    perform: (_state: State, { fetch }: { fetch?: typeof globalThis.fetch }) => obtain(fetch),
  },
  // The service has nothing to tell that a grant was given up.
  revoke: async () => {},
}

/** A harness on the honest type, or on one that differs from it. */
export function openType(differences: object = {}): CredentialTypeHarness {
  return {
    definition: defineCredential({ ...honest, ...differences } as Definition) as never,
    input: { username: 'alice', password: passwordSentinel },
    sentinels: [passwordSentinel, refreshSentinel],
    invalidInputs: {
      'no username': { password: passwordSentinel },
      'an empty password': { username: passwordSentinel, password: '' },
    },
    fetch: service,
    unsupportedState: { refreshToken: SecretString.from('none') },
  }
}

function mutant(name: string, caughtBy: string, differences: object): Mutant<CredentialTypeHarness> {
  return { name, caughtBy, open: async () => openType(differences) }
}

const plainState = z.object({ refreshToken: z.string(), value: z.string(), expiresAt: z.number() })

export const credentialTypeMutants: readonly Mutant<CredentialTypeHarness>[] = [
  mutant('an input field is not marked as secret', 'a decoded input shows none of its secrets', {
    input: z.object({ username: z.string(), password: z.string().min(1) }),
  }),
  mutant('a state field is not marked as secret', 'a state shows none of its secrets', {
    state: plainState,
    initialize: () => ({ refreshToken: refreshSentinel, value: 'v', expiresAt: Date.now() }),
    access: (plain: z.output<typeof plainState>) => ({ value: SecretString.from(plain.value) }),
  }),
  mutant('a secret is shown by its toString', 'a state shows none of its secrets', {
    async initialize() {
      const obtained = await obtain(service)
      const talkative = SecretString.from(refreshSentinel)
      Object.defineProperty(talkative, 'toString', { value: () => refreshSentinel, enumerable: true })
      return { ...obtained, refreshToken: talkative, note: `for ${talkative}` }
    },
  }),
  mutant('a refusal repeats the value', 'damaged inputs are refused with a path, and without any value', {
    input: z.object({
      username: z.string().refine(value => !value.startsWith('sentinel'), {
        error: issue => `${String(issue.input)} is no user name`,
      }),
      password: secret(),
    }),
  }),
  mutant('an input takes anything', 'damaged inputs are refused with a path, and without any value', {
    input: z.any(),
  }),
  mutant('a state holds what JSON cannot', 'a state survives encoding to JSON text and back', {
    state: z.object({ refreshToken: secret(), value: secret(), expiresAt: z.number(), at: z.date() }),
    initialize: async () => ({ ...(await obtain(service)), at: new Date() }),
  }),
  mutant(
    'a token field is not marked as secret',
    'is of the declared kind, frozen, and shows none of its secrets',
    {
      token: tokenKind('bearer', { value: z.string() }),
      access: ({ value }: State) => ({ value: value.expose() }),
    },
  ),
  mutant('a token forgets its expiry when it is parsed', 'survives serialising and parsing', {
    token: {
      ...bearerToken,
      parse: (text: string) =>
        bearerToken.parse(JSON.stringify({ ...JSON.parse(text), expiresAt: undefined })),
    },
  }),
  mutant(
    'access reads the clock',
    'access is pure: it gives the same twice, changes no state, and its token outlives the state',
    { access: ({ value }: State) => ({ value, expiresAt: performance.now() + 2_000_000_000_000 }) },
  ),
  mutant(
    'access lends a secret that dies with the state',
    'access is pure: it gives the same twice, changes no state, and its token outlives the state',
    {
      token: {
        ...tokenKind('bearer', { value: lentSecret() }),
        mint: (fields: { value: Secret }, generation: number) =>
          Object.freeze({ kind: 'bearer', generation, ...fields }),
      },
    },
  ),
  mutant('an expiry is in seconds', 'expires at an instant in epoch milliseconds, where it expires', {
    access: ({ value }: State) => ({ value, expiresAt: Math.trunc(Date.now() / 1_000) + 3_600 }),
  }),
  mutant(
    'a refresh writes into the old state',
    'refresh gives a state of the same type, leaves the old one as it was, and mints a token',
    {
      refresh: {
        ...honest.refresh,
        perform: async (old: { expiresAt: number }) => Object.assign(old, { expiresAt: old.expiresAt + 1 }),
      },
    },
  ),
  mutant(
    'a refresh forgets a field',
    'refresh gives a state of the same type, leaves the old one as it was, and mints a token',
    { refresh: { ...honest.refresh, perform: async () => ({ expiresAt: Date.now() }) } },
  ),
  mutant(
    'the peer’s name carries the refresh token',
    'refresh says of every state whether it rotates, and names its peer without secrets',
    { refresh: { ...honest.refresh, peer: (current: State) => current.refreshToken.expose() } },
  ),
  mutant(
    'every state is said to be refreshable',
    'a state without what a refresh needs says that it is not supported',
    { refresh: { ...honest.refresh, supported: () => true } },
  ),
  mutant(
    'a network error carries the refresh token',
    'a service that cannot be reached is a ProviderFailure that shows no secret',
    {
      refresh: {
        ...honest.refresh,
        perform: async (current: State) => {
          throw new ProviderFailure('transient', `refresh_token=${current.refreshToken.expose()} failed`)
        },
      },
    },
  ),
  mutant(
    'a network error is passed over',
    'a service that cannot be reached is a ProviderFailure that shows no secret',
    {
      revoke: async (_state: State, { fetch }: { fetch: typeof globalThis.fetch }) => {
        await fetch('https://id.example/revoke').catch(() => undefined)
      },
    },
  ),
  mutant(
    'a network error is thrown as it came',
    'a service that cannot be reached is a ProviderFailure that shows no secret',
    {
      refresh: {
        ...honest.refresh,
        perform: (_state: State, { fetch }: { fetch: typeof globalThis.fetch }) =>
          fetch('https://id.example'),
      },
    },
  ),
]

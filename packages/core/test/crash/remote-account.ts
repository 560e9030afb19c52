import { z } from 'zod'
import { bearerToken, defineCredential, ProviderFailure, secret } from '../../src/index.ts'
import type { Points } from './points.ts'

const state = z.object({
  url: z.string(),
  rotating: z.boolean(),
  accessToken: secret(),
  refreshToken: secret(),
  expiresAt: z.number(),
  obtainedAt: z.number(),
})

type State = z.output<typeof state>

const answer = z.object({ accessToken: z.string(), refreshToken: z.string(), expiresAt: z.number() })

/** The credential type of a family of tokens at a {@link StrictTokenServer}. */
export function remoteAccount(points: Points) {
  return defineCredential({
    type: 'account',
    input: state,
    state,
    token: bearerToken,
    initialize: input => input,
    access: ({ accessToken, expiresAt, obtainedAt }) => ({ value: accessToken, expiresAt, obtainedAt }),
    refresh: {
      rotating: ({ rotating }) => rotating,
      peer: ({ url }) => url,
      perform: (current, { signal, startedAt }) =>
        points.around('provider.refresh', () => requestTokens(current, signal, startedAt)),
    },
  })
}

async function requestTokens(current: State, signal: AbortSignal, startedAt: number): Promise<State> {
  const body = current.refreshToken.expose()
  const response = await fetch(current.url, { method: 'POST', body, signal })
  if (response.status === 503) throw new ProviderFailure('transient', 'HTTP 503', { peerDown: true })
  if (response.status === 400) throw new ProviderFailure('terminal', 'invalid_grant')
  const tokens = answer.parse(await response.json())
  return state.parse({ ...current, ...tokens, refreshToken: tokens.refreshToken, obtainedAt: startedAt })
}

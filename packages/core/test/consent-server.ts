import { z } from 'zod'
import {
  type Authorized,
  bearerToken,
  type CredentialEnvironment,
  CredentialError,
  defineCredential,
  type NotYet,
  ProviderFailure,
  secret,
} from '../src/index.ts'

const flow = z.object({ clientSecret: secret(), nonce: z.string() })
const state = z.object({
  accessToken: secret(),
  clientSecret: secret().optional(),
  expiresAt: z.number().optional(),
})
type State = z.output<typeof state>

/** A provider in this process that asks a person. Codes are used once; it can be told to refuse and to fail. */
export class ConsentServer {
  /** Codes presented, in order. */
  readonly exchanged: string[] = []
  readonly revoked: string[] = []
  /** What the next exchanges or questions do instead of answering. */
  readonly failures: Error[] = []
  account = { id: 'account-1', label: 'sentinel-label' }
  /** How long a person takes to enter a code: so many questions are answered with "not yet". */
  notYet = 0
  intervalMs = 5_000
  slowerByMs = 0
  refusesRefresh = false
  /** Settles when an exchange may be answered. */
  hold: Promise<void> | undefined
  readonly #used = new Set<string>()

  async exchange(code: string): Promise<Authorized<State>> {
    this.exchanged.push(code)
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
    await this.hold
    if (this.#used.has(code)) throw new ProviderFailure('terminal', 'invalid_grant')
    this.#used.add(code)
    return { state: state.parse({ accessToken: `sentinel-access-${code}` }), account: this.account }
  }

  forgetUsedCodes(): void {
    this.#used.clear()
  }

  async ask(code: string): Promise<Authorized<State> | NotYet> {
    if (this.notYet-- > 0) {
      this.exchanged.push('not yet')
      return { retryAfterMs: this.intervalMs, slowerByMs: this.slowerByMs }
    }
    return this.exchange(code)
  }
}

/** A credential type of a consent server: a redirect, or a code to enter elsewhere. */
export function connectionOf(server: ConsentServer) {
  return defineCredential({
    type: 'connection',
    input: z.object({ clientSecret: secret(), device: z.boolean().optional() }),
    state,
    token: bearerToken,
    initialize(): State {
      throw new CredentialError('NOT_SUPPORTED', 'A connection needs a person: use beginAuthorization')
    },
    access: ({ accessToken, expiresAt }: State) => ({ value: accessToken, expiresAt }),
    refresh: {
      rotating: true,
      async perform(current: State) {
        if (server.refusesRefresh) throw new ProviderFailure('terminal', 'invalid_grant')
        return current
      },
    },
    permissions: () => ({ asked: ['read', 'write'], granted: ['read'] }),
    async revoke({ accessToken }: State) {
      server.revoked.push(accessToken.expose())
    },
    interactive: {
      flow,
      async begin(
        input: { clientSecret: z.output<typeof flow>['clientSecret']; device?: boolean | undefined },
        request: { readonly state: string },
        environment: CredentialEnvironment,
      ) {
        const failure = server.failures.shift()
        if (failure !== undefined) throw failure
        const kept = { clientSecret: input.clientSecret, nonce: 'sentinel-nonce' }
        if (input.device) {
          return {
            flow: kept,
            expiresAt: environment.startedAt + 60_000,
            interaction: {
              kind: 'device_code' as const,
              userCode: 'ABCD',
              verificationUri: 'https://consent.example/device',
              intervalMs: server.intervalMs,
              expiresAt: environment.startedAt + 60_000,
            },
          }
        }
        const url = `https://consent.example/?${new URLSearchParams({ state: request.state })}`
        return { flow: kept, interaction: { kind: 'redirect' as const, url } }
      },
      async resume(kept: z.output<typeof flow>, callback: URLSearchParams) {
        if (kept.clientSecret.expose() !== 'sentinel-client') throw new Error('the flow is another')
        if (callback.get('iss') === 'https://evil.example') {
          throw new CredentialError('ISSUER_MISMATCH', 'The callback comes from another server')
        }
        const { state, account } = await server.exchange(callback.get('code') ?? '')
        return { state: { ...state, clientSecret: kept.clientSecret }, account }
      },
      async poll(kept: z.output<typeof flow>): Promise<Authorized<State> | NotYet> {
        const answer = await server.ask(kept.nonce)
        if (!('state' in answer)) return answer
        return { ...answer, state: { ...answer.state, clientSecret: kept.clientSecret } }
      },
    },
  })
}

import type { AccessToken, AnyCredential, CredentialEnvironment } from '@nebula-credential/core'
import { z } from 'zod'
import type { CredentialTypeHarness } from './credential-type-harness.ts'

/** The environment that a manager would pass. */
export function environmentOf(harness: CredentialTypeHarness): CredentialEnvironment {
  return {
    tenantId: 'acme',
    credentialId: `${harness.definition.type}_${'0'.repeat(26)}`,
    fetch: harness.fetch ?? refuseToFetch,
    signal: AbortSignal.timeout(15_000),
    startedAt: Date.now(),
  }
}

/** The state that the sample leads to. */
export async function firstState(harness: CredentialTypeHarness): Promise<unknown> {
  const { definition, input, makeState } = harness
  const environment = environmentOf(harness)
  return makeState
    ? makeState(environment)
    : definition.initialize(z.decode(definition.input, input), environment)
}

/** A state as it is sealed: JSON text, **secrets in clear**. */
export function stateJson(definition: AnyCredential, state: unknown): string {
  return JSON.stringify(z.encode(definition.state, state))
}

export function mintToken(definition: AnyCredential, state: unknown, generation = 3): AccessToken {
  return definition.token.mint(definition.access(state), generation)
}

/** Types whose creation needs a person have no state that the suite could make by itself. */
export function usesService({ definition, makeState }: CredentialTypeHarness): string | undefined {
  return 'interactive' in definition && makeState === undefined
    ? 'the type is interactive, and the harness offers no makeState'
    : undefined
}

async function refuseToFetch(): Promise<Response> {
  throw new TypeError('The harness offers no fetch, but the credential type calls its service')
}

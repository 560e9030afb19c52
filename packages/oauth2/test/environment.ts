import type { AnyCredential, CredentialEnvironment } from '@nebula-credential/core'
import { guardedFetch } from '@nebula-credential/outbound'
import { z } from 'zod'

/** A guarded fetch that may reach servers on this machine. */
export const loopbackFetch = () => guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })

const fetch = loopbackFetch()

/** What the manager hands to a credential type. */
export function environment(given: Partial<CredentialEnvironment> = {}): CredentialEnvironment {
  return {
    tenantId: 'acme',
    credentialId: 'test',
    fetch,
    signal: new AbortController().signal,
    startedAt: Date.now(),
    ...given,
  }
}

/** A state as it comes back from the store. */
export function stored<State>(definition: AnyCredential, state: State): State {
  return z.decode(definition.state, JSON.parse(JSON.stringify(z.encode(definition.state, state))))
}

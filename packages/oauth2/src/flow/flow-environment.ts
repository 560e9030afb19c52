import type { CredentialEnvironment } from '@nebula-credential/core'

/** What a flow may use; defaults stand for what is left out. */
export type FlowEnvironment = Partial<CredentialEnvironment>

/** The environment of work that no manager does. */
export function flowEnvironment(given: FlowEnvironment): CredentialEnvironment {
  return {
    tenantId: '',
    credentialId: '',
    signal: new AbortController().signal,
    startedAt: Date.now(),
    ...given,
  }
}

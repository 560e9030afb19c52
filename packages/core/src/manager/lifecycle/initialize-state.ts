import type { AnyCredential } from '../../credential/credential.ts'
import type { ProviderFailure } from '../../credential/provider-failure.ts'
import { CredentialError } from '../../errors.ts'
import { disposeSecrets } from '../../secret/ephemeral.ts'
import { callProvider } from '../call-provider.ts'
import { parseInput } from '../parse-input.ts'
import type { Runtime } from '../runtime.ts'

/**
 * The first state of a credential, from what was supplied. The decoded input's own secrets are zeroed, except those
 * that the state took over.
 *
 * @throws CredentialError INPUT_INVALID, PROVIDER_REJECTED, PROVIDER_UNAVAILABLE
 */
export async function initializeState(
  runtime: Runtime,
  definition: AnyCredential,
  subject: { readonly id: string; readonly scope: { readonly tenantId: string } },
  input: unknown,
): Promise<{ readonly state: unknown; dispose(): void }> {
  const parsed = await parseInput(definition, input)
  try {
    const state = await callProvider(
      runtime,
      subject,
      runtime.policy.callerWaitMs,
      'transient',
      environment => definition.initialize(parsed, environment),
    )
    return {
      state,
      dispose() {
        disposeSecrets(state)
        disposeSecrets(parsed)
      },
    }
  } catch (error) {
    disposeSecrets(parsed)
    throw initializationError(definition, error as ProviderFailure)
  }
}

/** What a failure before there is a credential means to the person who supplied the input. */
export function initializationError(
  definition: Pick<AnyCredential, 'type'>,
  failure: ProviderFailure,
): CredentialError {
  if (failure.cause instanceof CredentialError) return failure.cause
  if (failure.kind === 'terminal' || failure.kind === 'config') {
    return new CredentialError(
      'PROVIDER_REJECTED',
      `The provider refused this ${definition.type} (${failure.message}); check what was supplied`,
      { cause: failure },
    )
  }
  return new CredentialError(
    'PROVIDER_UNAVAILABLE',
    `The provider of this ${definition.type} could not be asked (${failure.message}); try again later`,
    { cause: failure, retryAt: failure.retryAt },
  )
}

import { CredentialError } from '../errors.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import { Ephemeral } from '../secret/ephemeral.ts'
import { openRecord } from './open-record.ts'
import { type BoundContext, type Derived, keyOf, type Runtime } from './runtime.ts'
import { usableUntil } from './validity.ts'

/**
 * The access token of a record, whatever its validity. Callers of the same version share one decryption.
 * @throws CredentialError DECRYPTION_FAILED, SCHEMA_MISMATCH, CONFIG_INVALID
 */
export function deriveToken(
  runtime: Runtime,
  context: BoundContext,
  record: CredentialRecord,
): Promise<Derived> {
  return runtime.opens.join(`${keyOf(record)} ${record.version}`, async () => {
    const sealed = await openRecord(runtime, context, record, 'credential.read')
    using state = new Ephemeral(sealed.state)
    return { record, token: mint(runtime, record, state.value) }
  })
}

/** The token that a state yields at a record's generation. */
export function mint(
  runtime: Runtime,
  record: Pick<CredentialRecord, 'id' | 'type' | 'generation'>,
  state: unknown,
) {
  if (state === undefined) {
    throw new CredentialError(
      'REAUTHORIZATION_REQUIRED',
      `The secret of credential ${record.id} was erased`,
      {
        credentialId: record.id,
      },
    )
  }
  const definition = runtime.registry.get(record.type)
  return definition.token.mint(definition.access(state), record.generation)
}

/** Whether a token is valid long enough to be handed out. */
export function isUsable(
  runtime: Runtime,
  { token }: Pick<Derived, 'token'>,
  minValidityMs?: number,
): boolean {
  return runtime.clock.now() < usableUntil(token, runtime.policy, minValidityMs)
}

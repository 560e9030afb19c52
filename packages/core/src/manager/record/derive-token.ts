import { CredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { disposeSecrets } from '../../secret/ephemeral.ts'
import type { BoundContext, Derived, Runtime } from '../runtime.ts'
import { usableUntil } from '../validity.ts'
import { openRecord } from './open-record.ts'
import type { SealedState } from './state-sealer.ts'

/**
 * The access token of a record, whatever its validity. At once where the keys are local.
 * @throws CredentialError DECRYPTION_FAILED, SCHEMA_MISMATCH, CONFIG_INVALID
 */
export function deriveToken(
  runtime: Runtime,
  context: BoundContext,
  record: CredentialRecord,
): Derived | Promise<Derived> {
  const opened = openRecord(runtime, context, record, 'credential.read')
  return opened instanceof Promise
    ? opened.then(sealed => deriveFrom(runtime, record, sealed))
    : deriveFrom(runtime, record, opened)
}

function deriveFrom(runtime: Runtime, record: CredentialRecord, { state }: SealedState): Derived {
  try {
    return { record, token: mint(runtime, record, state) }
  } finally {
    disposeSecrets(state)
  }
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

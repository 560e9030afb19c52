import type { Account, Verification } from '../../credential/credential.ts'
import { ProviderFailure } from '../../credential/provider-failure.ts'
import type { AccessToken } from '../../credential/token-kind.ts'
import { CredentialError, isCredentialError } from '../../errors.ts'
import { typeOfId } from '../../record/ids.ts'
import { Ephemeral } from '../../secret/ephemeral.ts'
import { callProvider } from '../call-provider.ts'
import { changeRecord } from '../record/change-record.ts'
import { loadVisible, openRecord } from '../record/open-record.ts'
import { auditEvent, type BoundContext, type Runtime } from '../runtime.ts'
import { getToken } from '../token/get-token.ts'
import { reportRejected } from '../token/report-rejected.ts'

export interface VerificationReport extends Verification {
  /** Whether the credential yields a token that its service accepts. */
  readonly valid: boolean
  /** Whether the service was asked; false where the type has no way to, so that only the token was obtained. */
  readonly asked: boolean
}

/**
 * Asks the service whether it accepts the credential, and remembers whose account it is.
 * @throws CredentialError CREDENTIAL_NOT_FOUND; PROVIDER_UNAVAILABLE when nothing can be said; CONFIG_INVALID when the
 * request was refused on our side, so that the service was not asked
 */
export async function verifyCredential(
  runtime: Runtime,
  context: BoundContext,
  id: string,
): Promise<VerificationReport> {
  const record = await loadVisible(runtime, context, id, 'credential.verify')
  const report = await ask(runtime, context, id)
  const outcome = report.valid ? 'success' : 'failure'
  runtime.audit.queue(auditEvent(runtime, context, { action: 'credential.verify', outcome }, record))
  if (report.account !== undefined) await rememberAccount(runtime, context, id, report.account)
  return report
}

async function ask(runtime: Runtime, context: BoundContext, id: string): Promise<VerificationReport> {
  try {
    const token = await getToken(runtime, context, id)
    try {
      return await askService(runtime, context, id, token)
    } catch (error) {
      if (!isRejection(error)) throw error
      const next = await reportRejected(runtime, context, id, token)
      if (next.generation === token.generation && next.obtainedAt === undefined) throw error
      return await askService(runtime, context, id, next)
    }
  } catch (error) {
    if (isRejection(error) || isCredentialError(error, 'REAUTHORIZATION_REQUIRED'))
      return { valid: false, asked: true }
    if (isRefusedHere(error)) {
      throw new CredentialError(
        'CONFIG_INVALID',
        `Credential ${id} could not be verified: ${error.cause.message}`,
        { cause: error.cause, credentialId: id },
      )
    }
    if (error instanceof ProviderFailure) {
      throw new CredentialError(
        'PROVIDER_UNAVAILABLE',
        `Credential ${id} could not be verified (${error.message}); try again later`,
        { cause: error, credentialId: id, retryAt: error.retryAt },
      )
    }
    throw error
  }
}

const isRejection = (error: unknown) =>
  error instanceof ProviderFailure &&
  (error.kind === 'terminal' || error.kind === 'config') &&
  !isRefusedHere(error)

/** The fetch did not send it: that says nothing about the credential. */
function isRefusedHere(error: unknown): error is ProviderFailure & { readonly cause: CredentialError } {
  return error instanceof ProviderFailure && isCredentialError(error.cause, 'CONFIG_INVALID')
}

async function askService(
  runtime: Runtime,
  context: BoundContext,
  id: string,
  token: AccessToken,
): Promise<VerificationReport> {
  const { verify } = runtime.registry.get(typeOfId(id))
  if (verify === undefined) return { valid: true, asked: false }
  const record = await loadVisible(runtime, context, id, 'credential.verify')
  const sealed = await openRecord(runtime, context, record, 'credential.verify')
  using state = new Ephemeral(sealed.state)
  const verification = await callProvider(
    runtime,
    record,
    runtime.policy.callerWaitMs,
    'transient',
    environment => verify(token, environment, state.value),
  )
  return { ...verification, valid: true, asked: true }
}

async function rememberAccount(
  runtime: Runtime,
  context: BoundContext,
  id: string,
  account: Account,
): Promise<void> {
  const record = await loadVisible(runtime, context, id, 'credential.verify')
  const known = await openRecord(runtime, context, record, 'credential.verify')
  using _known = new Ephemeral(known.state)
  if (known.account?.id === account.id && known.account.label === account.label) return
  await changeRecord(runtime, context, id, 'credential.update', async stored => {
    const sealed = await openRecord(runtime, context, stored, 'credential.verify')
    using _state = new Ephemeral(sealed.state)
    const changed = { ...stored, stateVersion: runtime.registry.get(stored.type).stateVersion }
    return { ...changed, state: await runtime.sealer.seal(changed, { ...sealed, account }) }
  })
}

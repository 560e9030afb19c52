import { type CredentialEnvironment, defineCredential } from '@nebula-credential/core'
import { z } from 'zod'
import { awsLocation } from '../aws-location.ts'
import { awsToken } from '../aws-token.ts'
import { callSts } from '../sts/call-sts.ts'
import { session, sessionIn } from '../sts/session.ts'
import { accessKey } from './access-key.ts'
import { askedDevice, type MultiFactorCode, multiFactor, multiFactorParameters } from './multi-factor.ts'
import { sessionParts } from './session-parts.ts'

const asked = {
  ...accessKey,
  ...awsLocation,
  /** How long a session lasts, in seconds. Default 12 h, which is STS's. */
  durationSeconds: z.number().int().min(900).max(129_600).optional(),
}
const input = z.strictObject({ ...asked, mfa: multiFactor.optional() })
const state = z.object({ ...asked, session, withMfa: z.boolean() })
const flow = z.object({ ...asked, ...askedDevice })
type Asked = Omit<z.output<typeof flow>, 'serialNumber'>

/**
 * Temporary keys of a user, by STS GetSessionToken: what leaves this package is short-lived, and can have proved a
 * second factor. A session made with a code of an MFA device is not refreshed, because a code is used once: connect it
 * again, and `beginAuthorization` asks the user for the next one.
 *
 * @example
 * await manager.createCredential(awsSessionToken, { accessKeyId, secretAccessKey, region: 'eu-central-1' })
 */
export const awsSessionToken = defineCredential({
  type: 'aws_session_token',
  input,
  state,
  token: awsToken,
  ...sessionParts(flow, getSession),
})

async function getSession(
  given: Asked,
  mfa: MultiFactorCode | undefined,
  environment: CredentialEnvironment,
) {
  const parameters = {
    DurationSeconds: given.durationSeconds?.toString(),
    ...multiFactorParameters(mfa),
  }
  const caller = { location: given, key: given, environment }
  return sessionIn(await callSts('GetSessionToken', parameters, caller), 'GetSessionToken', environment)
}

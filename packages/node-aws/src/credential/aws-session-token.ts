import { type CredentialEnvironment, defineCredential } from '@nebula-credential/core'
import { z } from 'zod'
import { awsLocation, endpointOf } from '../aws-location.ts'
import { awsToken } from '../aws-token.ts'
import { callSts } from '../sts/call-sts.ts'
import { verifyIdentity } from '../sts/caller-identity.ts'
import { session, sessionIn, sessionToken } from '../sts/session.ts'
import { accessKey } from './access-key.ts'
import { type MultiFactor, multiFactor, multiFactorParameters } from './multi-factor.ts'

const asked = {
  ...accessKey,
  ...awsLocation,
  /** How long a session lasts, in seconds. Default 12 h, which is STS's. */
  durationSeconds: z.number().int().min(900).max(129_600).optional(),
}
const input = z.strictObject({ ...asked, mfa: multiFactor.optional() })
const state = z.object({ ...asked, session, withMfa: z.boolean() })
type Asked = Omit<z.output<typeof input>, 'mfa'>

/**
 * Temporary keys of a user, by STS GetSessionToken: what leaves this package is short-lived, and can have proved a
 * second factor. Sessions made with an MFA code cannot be refreshed, because the code cannot be used again.
 *
 * @example
 * await manager.createCredential(awsSessionToken, { accessKeyId, secretAccessKey, region: 'eu-central-1' })
 */
export const awsSessionToken = defineCredential({
  type: 'aws_session_token',
  input,
  state,
  token: awsToken,
  initialize: async ({ mfa, ...given }, environment) => ({
    ...given,
    withMfa: mfa !== undefined,
    session: await getSession(given, mfa, environment),
  }),
  access: state => sessionToken(state.session, state),
  refresh: {
    rotating: false,
    supported: ({ withMfa }) => !withMfa,
    peer: state => `${endpointOf(state, 'sts').origin} ${state.accessKeyId}`,
    perform: async (state, environment) => ({
      ...state,
      session: await getSession(state, undefined, environment),
    }),
  },
  verify: verifyIdentity,
})

async function getSession(given: Asked, mfa: MultiFactor | undefined, environment: CredentialEnvironment) {
  const parameters = {
    DurationSeconds: given.durationSeconds?.toString(),
    ...multiFactorParameters(mfa),
  }
  const caller = { location: given, key: given, environment }
  return sessionIn(await callSts('GetSessionToken', parameters, caller), 'GetSessionToken', environment)
}

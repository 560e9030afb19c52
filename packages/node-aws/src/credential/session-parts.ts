import type { CredentialEnvironment, SecretString } from '@nebula-credential/core'
import type { z } from 'zod'
import { type AwsLocation, endpointOf } from '../aws-location.ts'
import { verifyIdentity } from '../sts/caller-identity.ts'
import { type Session, sessionToken } from '../sts/session.ts'
import { codeForm, type MultiFactor, type MultiFactorCode, suppliedCode } from './multi-factor.ts'

/** A user's access key, and where it is used. */
interface AskedWithKey extends AwsLocation {
  readonly accessKeyId: string
  readonly secretAccessKey: SecretString
}

/** A session, and what it was asked for with. */
type WithSession<Asked> = Asked & { readonly session: Session; readonly withMfa: boolean }

/**
 * What the types have in common whose sessions a user's access key gets. One that was got with a code of an MFA device
 * is not refreshed: the code is used once.
 */
export function sessionParts<Asked extends AskedWithKey>(
  flow: z.ZodType<Asked & { readonly serialNumber: string }>,
  obtain: (
    given: Asked,
    mfa: MultiFactorCode | undefined,
    environment: CredentialEnvironment,
  ) => Promise<Session>,
) {
  const first = async (
    given: Asked,
    mfa: MultiFactorCode | undefined,
    environment: CredentialEnvironment,
  ): Promise<WithSession<Asked>> => ({
    ...given,
    withMfa: mfa !== undefined,
    session: await obtain(given, mfa, environment),
  })
  return {
    initialize: (
      { mfa, ...given }: Asked & { readonly mfa?: MultiFactor | undefined },
      environment: CredentialEnvironment,
    ) => first(given as unknown as Asked, suppliedCode(mfa), environment),
    access: (state: WithSession<Asked>) => sessionToken(state.session, state),
    refresh: {
      rotating: false,
      supported: ({ withMfa }: WithSession<Asked>) => !withMfa,
      peer: (state: WithSession<Asked>) => `${endpointOf(state, 'sts').origin} ${state.accessKeyId}`,
      perform: async (state: WithSession<Asked>, environment: CredentialEnvironment) => ({
        ...state,
        session: await obtain(state, undefined, environment),
      }),
    },
    verify: verifyIdentity,
    interactive: codeForm(flow, first),
  }
}

import { type CredentialEnvironment, defineCredential, secret } from '@nebula-credential/core'
import { z } from 'zod'
import { awsLocation } from '../aws-location.ts'
import { awsToken } from '../aws-token.ts'
import { callSts } from '../sts/call-sts.ts'
import { session, sessionIn } from '../sts/session.ts'
import { accessKey } from './access-key.ts'
import { askedDevice, type MultiFactorCode, multiFactor, multiFactorParameters } from './multi-factor.ts'
import { members, role, roleParameters } from './role.ts'
import { sessionParts } from './session-parts.ts'

const asked = {
  ...accessKey,
  ...awsLocation,
  ...role,
  /** What the owner of the role asks for, so that others cannot have us assume it: the confused deputy. */
  externalId: secret(
    z.string().regex(/^[\w+=,.@:/-]{2,1224}$/, 'must be 2 to 1224 letters, digits and +=,.@:/-_'),
  ).optional(),
  /** Attributes of the session, by key, that policies can refer to. */
  sessionTags: z
    .record(z.string().min(1).max(128), z.string().max(256))
    .refine(tags => Object.keys(tags).length <= 50, 'must be at most 50 tags')
    .optional(),
  /** Keys of the tags that go along when the session assumes a further role. */
  transitiveTagKeys: z.array(z.string().min(1).max(128)).max(50).optional(),
  /** Who is behind the session, for CloudTrail; it cannot be changed by what the session does. */
  sourceIdentity: z
    .string()
    .regex(/^[\w+=,.@-]{2,64}$/, 'must be 2 to 64 letters, digits and +=,.@-_')
    .optional(),
}
const input = z.strictObject({ ...asked, mfa: multiFactor.optional() })
const state = z.object({ ...asked, session, withMfa: z.boolean() })
const flow = z.object({ ...asked, ...askedDevice })
type Asked = Omit<z.output<typeof flow>, 'serialNumber'>

/**
 * A role that a user's access key may assume, by STS AssumeRole. A session made with a code of an MFA device is not
 * refreshed, because a code is used once: connect it again, and `beginAuthorization` asks the user for the next one.
 *
 * @example
 * await manager.createCredential(awsAssumeRole, {
 *   accessKeyId, secretAccessKey, region: 'eu-central-1',
 *   roleArn: 'arn:aws:iam::123456789012:role/workflows', externalId: 'customer-7',
 * })
 */
export const awsAssumeRole = defineCredential({
  type: 'aws_assume_role',
  input,
  state,
  token: awsToken,
  ...sessionParts(flow, assumeRole),
})

async function assumeRole(
  given: Asked,
  mfa: MultiFactorCode | undefined,
  environment: CredentialEnvironment,
) {
  const parameters = {
    ...roleParameters(given, environment),
    ExternalId: given.externalId?.expose(),
    SourceIdentity: given.sourceIdentity,
    ...members('Tags', Object.entries(given.sessionTags ?? {}), ([Key, Value]) => ({ Key, Value })),
    ...members('TransitiveTagKeys', given.transitiveTagKeys ?? [], key => ({ '': key })),
    ...multiFactorParameters(mfa),
  }
  const caller = { location: given, key: given, environment }
  return sessionIn(await callSts('AssumeRole', parameters, caller), 'AssumeRole', environment)
}

import { type CredentialEnvironment, secret, type TokenFields } from '@nebula-credential/core'
import type { XmlDocument } from '@rgrove/parse-xml'
import { z } from 'zod'
import type { AwsLocation } from '../aws-location.ts'
import type { AwsToken } from '../aws-token.ts'
import { unreadable } from './call-sts.ts'
import { textAt } from './response-xml.ts'

/** The temporary key that STS hands out. */
export const session = z.object({
  accessKeyId: z.string(),
  secretAccessKey: secret(),
  sessionToken: secret(),
  obtainedAt: z.number(),
  expiresAt: z.number(),
})
export type Session = z.output<typeof session>

/** The session in an answer of STS. @throws ProviderFailure transient when there is none */
export function sessionIn(
  document: XmlDocument,
  action: string,
  environment: CredentialEnvironment,
): Session {
  const field = (name: string) =>
    textAt(document, `${action}Response`, `${action}Result`, 'Credentials', name)
  const parsed = z.safeDecode(session, {
    accessKeyId: field('AccessKeyId') ?? '',
    secretAccessKey: field('SecretAccessKey') ?? '',
    sessionToken: field('SessionToken') ?? '',
    obtainedAt: environment.startedAt,
    expiresAt: Date.parse(field('Expiration') ?? ''),
  })
  if (!parsed.success) throw unreadable()
  return parsed.data
}

/** The access token of a session. */
export function sessionToken(
  { accessKeyId, secretAccessKey, sessionToken, obtainedAt, expiresAt }: Session,
  { region, endpoint, endpoints }: AwsLocation,
): TokenFields<AwsToken> {
  return { accessKeyId, secretAccessKey, sessionToken, region, endpoint, endpoints, obtainedAt, expiresAt }
}

import type { LiveAuthenticator } from '@nebula-credential/core'
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types'
import type { AwsToken } from '../aws-token.ts'
import { explainAwsError } from '../service-errors.ts'

/**
 * What every client of AWS SDK for JavaScript v3 takes as `credentials`. It names the expiry, so that the SDK asks
 * again before it: a client never goes stale.
 *
 * @example
 * const credentials = await acme.client(id, awsCredentialProvider)
 * const s3 = new S3Client({ credentials, region: 'eu-central-1' })
 */
export const awsCredentialProvider: LiveAuthenticator<void, AwsCredentialIdentityProvider, AwsToken> = {
  name: 'awsCredentialProvider',
  kind: 'aws',
  live: true,
  authenticate: (_, source) => async () => identityOf(await source.getToken()),
  explain: explainAwsError,
}

function identityOf({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  expiresAt,
}: AwsToken): AwsCredentialIdentity {
  return {
    accessKeyId,
    secretAccessKey: secretAccessKey.expose(),
    ...(sessionToken && { sessionToken: sessionToken.expose() }),
    ...(expiresAt !== undefined && { expiration: new Date(expiresAt) }),
  }
}

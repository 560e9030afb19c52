import { CredentialError, type SnapshotAuthenticator } from '@nebula-credential/core'
import type { AwsToken } from '../aws-token.ts'
import { type PayloadSigning, presignRequest, signRequest } from '../signing/sign-request.ts'

/** What requests are signed for. */
export interface AwsSigV4Options {
  /** The service's signing name: `s3`, `sts`, `execute-api`. */
  readonly service: string
  /** Default: the credential's. */
  readonly region?: string
  /** Epoch ms. Default: this machine's clock. */
  readonly now?: () => number
}

/** Seven days, in seconds: no service takes a URL that is valid for longer. */
const longestExpiry = 604_800

/**
 * Signs requests in their headers, AWS Signature Version 4.
 *
 * @example
 * const signed = await authenticateWith(awsSigV4({ service: 's3' }), token, new Request(url))
 */
export function awsSigV4(
  options: AwsSigV4Options & { readonly payload?: PayloadSigning },
): SnapshotAuthenticator<Request, Request, AwsToken> {
  return {
    name: 'awsSigV4',
    kind: 'aws',
    authenticate: (request, token) =>
      signRequest(request, token, scopeOf(options, token), options.payload ?? 'hashed'),
  }
}

/**
 * Signs requests in their URLs, so that whoever has the URL can send the request until it expires, and no longer than
 * the token is valid. Headers that the request has must be sent with it.
 *
 * @throws CredentialError CONFIG_INVALID when `expiresInSeconds` is not a whole number from 1 to 604,800
 * @example
 * const { url } = await authenticateWith(awsPresigned({ service: 's3', expiresInSeconds: 300 }), token, new Request(object))
 */
export function awsPresigned(
  options: AwsSigV4Options & { readonly expiresInSeconds: number },
): SnapshotAuthenticator<Request, Request, AwsToken> {
  const { expiresInSeconds } = options
  if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > longestExpiry) {
    throw new CredentialError(
      'CONFIG_INVALID',
      `expiresInSeconds must be a whole number from 1 to ${longestExpiry}, not ${expiresInSeconds}`,
    )
  }
  return {
    name: 'awsPresigned',
    kind: 'aws',
    authenticate: (request, token) =>
      presignRequest(request, token, scopeOf(options, token), expiresInSeconds),
  }
}

function scopeOf({ service, region, now = Date.now }: AwsSigV4Options, token: AwsToken) {
  return { service, region: region ?? token.region, now: now() }
}

import { lentSecret, type TokenOf, tokenKind } from '@nebula-credential/core'
import { z } from 'zod'
import { awsLocation } from './aws-location.ts'

/** An access key, of a user or of a session, and where it is used. */
export const awsToken = tokenKind('aws', {
  accessKeyId: z.string(),
  secretAccessKey: lentSecret(),
  sessionToken: lentSecret().optional(),
  ...awsLocation,
})
export type AwsToken = TokenOf<typeof awsToken>

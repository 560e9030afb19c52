import { defineCredential } from '@nebula-credential/core'
import { z } from 'zod'
import { awsLocation } from '../aws-location.ts'
import { awsToken } from '../aws-token.ts'
import { verifyIdentity } from '../sts/caller-identity.ts'
import { accessKey } from './access-key.ts'

/**
 * A user's long-lived access key. Creating one calls nothing; `verifyCredential` asks whose it is.
 *
 * @example
 * await manager.createCredential(awsAccessKey, { accessKeyId, secretAccessKey, region: 'eu-central-1' })
 */
export const awsAccessKey = defineCredential({
  type: 'aws_access_key',
  input: z.strictObject({ ...accessKey, ...awsLocation }),
  state: z.object({ ...accessKey, ...awsLocation }),
  token: awsToken,
  initialize: input => input,
  access: state => state,
  verify: verifyIdentity,
})

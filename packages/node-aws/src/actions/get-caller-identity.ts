import { defineAction } from '@nebula-credential/core'
import { z } from 'zod'
import { readAnswer, stsForm } from '../sts/call-sts.ts'
import { readIdentity } from '../sts/caller-identity.ts'
import { askAws, awsNeed, explained } from './aws-client.ts'

/**
 * Asks STS whose a credential is. Every key may ask that.
 *
 * @example
 * const { account } = await acme.run(getCallerIdentity, { aws: id }, {})
 */
export const getCallerIdentity = defineAction({
  name: 'aws.get_caller_identity',
  credentials: { aws: awsNeed('sts') },
  input: z.strictObject({}),
  output: z.object({
    /** The account's number, 12 digits. */
    account: z.string(),
    arn: z.string(),
    /** The stable id of the user, or of the role and its session. */
    userId: z.string(),
  }),
  async run({ aws }, _, context) {
    const body = stsForm('GetCallerIdentity', {})
    const response = await askAws(aws, '/', { method: 'POST', body }, context)
    return readIdentity(readAnswer(await response.text().catch(explained)))
  },
})

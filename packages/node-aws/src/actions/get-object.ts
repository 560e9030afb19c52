import { defineAction } from '@nebula-credential/core'
import { z } from 'zod'
import { askAws, awsNeed, explained } from './aws-client.ts'
import { objectName, objectPath } from './object-path.ts'

/**
 * Reads an object of S3, as large as the manager's fetch allows.
 *
 * @example
 * const { body } = await acme.run(getObject, { aws: id }, { bucket: 'reports', key: '2026/q3.csv' })
 */
export const getObject = defineAction({
  name: 'aws.get_object',
  credentials: { aws: awsNeed('s3') },
  input: z.strictObject(objectName),
  output: z.object({
    body: z.instanceof(Uint8Array),
    contentType: z.string().optional(),
    etag: z.string().optional(),
  }),
  async run({ aws }, name, context) {
    const response = await askAws(aws, objectPath(name), {}, context)
    const { headers } = response
    return {
      body: new Uint8Array(await response.arrayBuffer().catch(explained)),
      contentType: headers.get('content-type') ?? undefined,
      etag: headers.get('etag') ?? undefined,
    }
  },
})

import { defineAction } from '@nebula-credential/core'
import { z } from 'zod'
import { askAws, awsNeed } from './aws-client.ts'
import { objectName, objectPath } from './object-path.ts'

/**
 * Writes an object of S3, over the one that may be there. Its hash is signed, so that S3 refuses what was changed on
 * the way.
 *
 * @example
 * await acme.run(putObject, { aws: id }, { bucket: 'reports', key: '2026/q3.csv', body: 'a,b\n' })
 */
export const putObject = defineAction({
  name: 'aws.put_object',
  credentials: { aws: awsNeed('s3') },
  input: z.strictObject({
    ...objectName,
    /** A text is written in UTF-8. */
    body: z.union([z.string(), z.instanceof(Uint8Array)]),
    /** Default `application/octet-stream`. */
    contentType: z
      .string()
      .regex(/^[\x20-\x7e]+$/, 'must be a media type')
      .default('application/octet-stream'),
  }),
  output: z.object({ etag: z.string().optional(), versionId: z.string().optional() }),
  async run({ aws }, { body, contentType, ...name }, context) {
    const init = {
      method: 'PUT',
      body: Buffer.from(body as string),
      headers: { 'content-type': contentType },
    }
    const { headers } = await askAws(aws, objectPath(name), init, context)
    return {
      etag: headers.get('etag') ?? undefined,
      versionId: headers.get('x-amz-version-id') ?? undefined,
    }
  },
})

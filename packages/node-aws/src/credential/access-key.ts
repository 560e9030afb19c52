import { secret } from '@nebula-credential/core'
import { z } from 'zod'

/** A user's long-lived access key, as people paste it. */
export const accessKey = {
  accessKeyId: z
    .string()
    .trim()
    .regex(/^\w{16,128}$/, 'must be an access key id: 16 to 128 letters and digits, such as AKIA…'),
  secretAccessKey: secret(
    z
      .string()
      .trim()
      .regex(/^[\x21-\x7e]{16,256}$/, 'must be a secret access key'),
  ),
}

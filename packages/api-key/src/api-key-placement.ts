import { z } from 'zod'

// RFC 9110 section 5.6.2.
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/i, 'must be a header name')

/** Where a service wants its key. */
export const apiKeyPlacement = z.discriminatedUnion('in', [
  z.strictObject({
    in: z.literal('header'),
    name: headerName,
    /** What stands before the key, with its space: `'Bearer '`. Default: nothing. */
    prefix: z
      .string()
      .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')
      .optional(),
  }),
  z.strictObject({ in: z.literal('query'), name: z.string().min(1) }),
])
export type ApiKeyPlacement = z.output<typeof apiKeyPlacement>

/** `Authorization: Bearer <key>`. */
export const bearerPlacement = {
  in: 'header',
  name: 'Authorization',
  prefix: 'Bearer ',
} as const satisfies ApiKeyPlacement

import { secret } from '@nebula-credential/core'
import { z } from 'zod'

/** A code of the user's MFA device. It is used once, so a session obtained with it is not refreshed. */
export const multiFactor = z.strictObject({
  /** The device's serial number, or the ARN of a virtual one. */
  serialNumber: z
    .string()
    .regex(/^[\w+=/:,.@-]{9,256}$/, 'must be the serial number or ARN of an MFA device'),
  code: secret(z.string().regex(/^\d{6}$/, 'must be the 6 digits that the device shows')),
})
export type MultiFactor = z.output<typeof multiFactor>

/** STS's parameters of a code. */
export function multiFactorParameters(given: MultiFactor | undefined) {
  return { SerialNumber: given?.serialNumber, TokenCode: given?.code.expose() }
}

import {
  type CredentialEnvironment,
  CredentialError,
  type Interactive,
  ProviderFailure,
  type Secret,
  SecretString,
  secret,
} from '@nebula-credential/core'
import { z } from 'zod'

const serialNumber = z
  .string()
  .regex(/^[\w+=/:,.@-]{9,256}$/, 'must be the serial number or ARN of an MFA device')
const codePattern = /^\d{6}$/
const codeRule = 'must be the 6 digits that the device shows'

/** The user's MFA device, and a code of it where the program has one. A code is used once. */
export const multiFactor = z.strictObject({
  /** The device's serial number, or the ARN of a virtual one. */
  serialNumber,
  /** Leave it out to have the user asked, by `beginAuthorization`. */
  code: secret(z.string().regex(codePattern, codeRule)).optional(),
})
export type MultiFactor = z.output<typeof multiFactor>

/** A code that is about to be used. */
export interface MultiFactorCode {
  readonly serialNumber: string
  readonly code: Secret
}

/** STS's parameters of a code. */
export function multiFactorParameters(given: MultiFactorCode | undefined) {
  return { SerialNumber: given?.serialNumber, TokenCode: given?.code.expose() }
}

/** The code that a program supplied, if any. @throws CredentialError INPUT_INVALID where the device is named alone */
export function suppliedCode(mfa: MultiFactor | undefined): MultiFactorCode | undefined {
  if (mfa === undefined) return undefined
  const { serialNumber, code } = mfa
  if (code !== undefined) return { serialNumber, code }
  throw invalid(
    'mfa.code',
    'is missing',
    'Give the code of the MFA device, or use beginAuthorization to ask for it',
  )
}

/** What is kept until the user has entered the code. */
export const askedDevice = { serialNumber }

/**
 * How the user is asked for a code: by a form with the field `code`, whose answer is used at once and kept nowhere. A
 * wrong code can be corrected.
 */
export function codeForm<Asked extends object, State>(
  flow: z.ZodType<Asked & { readonly serialNumber: string }>,
  complete: (given: Asked, mfa: MultiFactorCode, environment: CredentialEnvironment) => Promise<State>,
): Interactive<
  Asked & { readonly mfa?: MultiFactor | undefined },
  State,
  Asked & { readonly serialNumber: string }
> {
  return {
    flow,
    async begin({ mfa, ...asked }) {
      if (mfa === undefined) {
        throw invalid(
          'mfa',
          'is missing',
          'A key without an MFA device needs no person: use createCredential',
        )
      }
      if (mfa.code !== undefined) {
        throw invalid(
          'mfa.code',
          'is given',
          'The user is asked for the code: leave it out, or use createCredential',
        )
      }
      const { serialNumber } = mfa
      return {
        flow: { ...(asked as unknown as Asked), serialNumber },
        interaction: { kind: 'form', fields: [{ name: 'code', secret: true }] },
      }
    },
    async resume({ serialNumber, ...asked }, answer, environment) {
      const entered = answer.get('code')?.replaceAll(/\s/g, '') ?? ''
      if (!codePattern.test(entered)) throw invalid('code', codeRule, 'The code is malformed; enter it again')
      using code = SecretString.from(entered)
      const given = asked as unknown as Asked
      return { state: await complete(given, { serialNumber, code }, environment).catch(correctable) }
    },
  }
}

/** STS says no more than that access is denied when a code is wrong, or was used before. */
function correctable(error: unknown): never {
  if (!(error instanceof ProviderFailure)) throw error
  const { kind, message, cause } = error
  if (kind === 'config') {
    throw invalid('code', 'was refused', `Enter another code, or check the key's policies: ${message}`, error)
  }
  // Nothing is lost with the answer but the code.
  if (kind === 'unknown') throw new ProviderFailure('transient', message, { cause })
  throw error
}

function invalid(path: string, reason: string, message: string, cause?: unknown): CredentialError {
  return new CredentialError('INPUT_INVALID', message, { issues: [{ path, reason }], cause })
}

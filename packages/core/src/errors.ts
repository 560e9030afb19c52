/** Who has to act before the call can succeed. */
export type Responder =
  | 'developer'
  | 'person who typed it'
  | 'caller'
  | 'end user'
  | 'operator'
  | 'manager'
  | 'nobody yet'

interface Reaction {
  /** Whether the same call may succeed later without anybody acting. */
  readonly retryable: boolean
  readonly whoActs: Responder
}

/** The closed set of error codes, each with the reaction it asks for. */
export const errorCodes = {
  CONFIG_INVALID: { retryable: false, whoActs: 'developer' },
  INPUT_INVALID: { retryable: false, whoActs: 'person who typed it' },
  TYPE_MISMATCH: { retryable: false, whoActs: 'developer' },
  CREDENTIAL_NOT_FOUND: { retryable: false, whoActs: 'caller' },
  ALREADY_EXISTS: { retryable: false, whoActs: 'caller' },
  REAUTHORIZATION_REQUIRED: { retryable: false, whoActs: 'end user' },
  PROVIDER_REJECTED: { retryable: false, whoActs: 'operator' },
  PROVIDER_UNAVAILABLE: { retryable: true, whoActs: 'nobody yet' },
  COOLING_DOWN: { retryable: true, whoActs: 'nobody yet' },
  STORAGE_UNAVAILABLE: { retryable: true, whoActs: 'operator' },
  VERSION_CONFLICT: { retryable: true, whoActs: 'manager' },
  LOCK_LOST: { retryable: true, whoActs: 'manager' },
  LOCK_TIMEOUT: { retryable: true, whoActs: 'manager' },
  SCHEMA_MISMATCH: { retryable: false, whoActs: 'operator' },
  KEY_MISMATCH: { retryable: false, whoActs: 'operator' },
  DECRYPTION_FAILED: { retryable: false, whoActs: 'operator' },
  AUDIT_BROKEN: { retryable: false, whoActs: 'operator' },
  FLOW_FORGED: { retryable: false, whoActs: 'end user' },
  FLOW_REPLAYED: { retryable: false, whoActs: 'end user' },
  FLOW_EXPIRED: { retryable: false, whoActs: 'end user' },
  ISSUER_MISMATCH: { retryable: false, whoActs: 'end user' },
  ILLEGAL_TRANSITION: { retryable: false, whoActs: 'developer' },
  NOT_SUPPORTED: { retryable: false, whoActs: 'developer' },
  CLOSED: { retryable: false, whoActs: 'developer' },
} as const satisfies Record<string, Reaction>

export type ErrorCode = keyof typeof errorCodes

export interface CredentialErrorOptions {
  /** The error this one explains. Kept out of enumeration, so that printing an error never prints its cause's fields. */
  readonly cause?: unknown
  /** The earliest instant, in epoch ms, at which trying again makes sense. */
  readonly retryAt?: number | undefined
  readonly credentialId?: string | undefined
  /** Field paths and reasons, for INPUT_INVALID and CONFIG_INVALID. Never values. */
  readonly issues?: readonly InputIssue[] | undefined
}

/** What is wrong with one field of an input, without its value. */
export interface InputIssue {
  readonly path: string
  readonly reason: string
}

/**
 * Every error this project throws on purpose. Switch on {@link CredentialError.code}, never on the message.
 *
 * @example
 * if (isCredentialError(error, 'REAUTHORIZATION_REQUIRED')) showReconnectButton(error.credentialId)
 */
export class CredentialError extends Error {
  readonly code: ErrorCode
  declare readonly retryAt?: number
  declare readonly credentialId?: string
  declare readonly issues?: readonly InputIssue[]

  constructor(code: ErrorCode, message: string, options: CredentialErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CredentialError'
    this.code = code
    if (options.retryAt !== undefined) this.retryAt = options.retryAt
    if (options.credentialId !== undefined) this.credentialId = options.credentialId
    if (options.issues !== undefined) this.issues = options.issues
  }

  /** Whether the same call may succeed later without anybody acting. */
  get retryable(): boolean {
    return errorCodes[this.code].retryable
  }

  get whoActs(): Responder {
    return errorCodes[this.code].whoActs
  }
}

/** Whether `error` is a {@link CredentialError}, and of the given code where one is given. */
export function isCredentialError<C extends ErrorCode>(
  error: unknown,
  code?: C,
): error is CredentialError & { readonly code: C } {
  return error instanceof CredentialError && (code === undefined || error.code === code)
}

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
  /** An option, or how the program is put together, is wrong; the message names it. */
  CONFIG_INVALID: { retryable: false, whoActs: 'developer' },
  /** A value that somebody supplied does not fit; `issues` has the fields and reasons. */
  INPUT_INVALID: { retryable: false, whoActs: 'person who typed it' },
  /** The credential or token is of another type or kind than the call expects. */
  TYPE_MISMATCH: { retryable: false, whoActs: 'developer' },
  /** Nothing of this id is stored, or it is not visible in this scope: the two look alike on purpose. */
  CREDENTIAL_NOT_FOUND: { retryable: false, whoActs: 'caller' },
  /** Something of this id or name exists already. */
  ALREADY_EXISTS: { retryable: false, whoActs: 'caller' },
  /** The grant has ended (refused by the provider, revoked, or lost in a rotation); its owner must connect again. */
  REAUTHORIZATION_REQUIRED: { retryable: false, whoActs: 'end user' },
  /** The provider refuses us, not the owner: a wrong client, secret or scope. */
  PROVIDER_REJECTED: { retryable: false, whoActs: 'operator' },
  /** The provider cannot be reached, is overloaded, or its circuit breaker is open. */
  PROVIDER_UNAVAILABLE: { retryable: true, whoActs: 'nobody yet' },
  /** The credential rests after a failed refresh; nothing was tried. */
  COOLING_DOWN: { retryable: true, whoActs: 'nobody yet' },
  /** The store, lock, outbox or audit sink cannot be reached or written. */
  STORAGE_UNAVAILABLE: { retryable: true, whoActs: 'operator' },
  /** Somebody else wrote first; what was read is out of date. */
  VERSION_CONFLICT: { retryable: true, whoActs: 'manager' },
  /** A lease ran out or was taken before its holder was done. */
  LOCK_LOST: { retryable: true, whoActs: 'manager' },
  /** Another process holds the lock or refreshes; it was waited for in vain. */
  LOCK_TIMEOUT: { retryable: true, whoActs: 'manager' },
  /** What is stored was written by a newer release, or lacks a migration. */
  SCHEMA_MISMATCH: { retryable: false, whoActs: 'operator' },
  /** The key given is not the one of the store; the store is untouched. */
  KEY_MISMATCH: { retryable: false, whoActs: 'operator' },
  /** What is stored was changed, moved or damaged; it does not open. */
  DECRYPTION_FAILED: { retryable: false, whoActs: 'operator' },
  /** An entry of the audit cannot be believed; the message names chain and sequence. */
  AUDIT_BROKEN: { retryable: false, whoActs: 'operator' },
  /** A callback does not belong to a flow that was begun here. */
  FLOW_FORGED: { retryable: false, whoActs: 'end user' },
  /** A callback has been used before. */
  FLOW_REPLAYED: { retryable: false, whoActs: 'end user' },
  /** A flow was not completed in time. */
  FLOW_EXPIRED: { retryable: false, whoActs: 'end user' },
  /** A callback comes from another authorization server than the one asked (RFC 9207). */
  ISSUER_MISMATCH: { retryable: false, whoActs: 'end user' },
  /** The account that was connected is not the one that the credential is for. */
  ACCOUNT_MISMATCH: { retryable: false, whoActs: 'end user' },
  /** The credential is in a status from which this is not possible. */
  ILLEGAL_TRANSITION: { retryable: false, whoActs: 'developer' },
  /** The credential type or the store cannot do this. */
  NOT_SUPPORTED: { retryable: false, whoActs: 'developer' },
  /** The manager, or a part of it, was closed before the call. */
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

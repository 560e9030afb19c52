import { randomBytes } from 'node:crypto'
import { CredentialError } from '../errors.ts'

declare const promised: unique symbol

/**
 * The id of a stored credential, branded with the token it yields and the input it was made from.
 * At run time a plain string: the type's name, `_`, and 128 random bits in Crockford base 32.
 */
export type CredentialId<Token = unknown, Input = unknown> = string & {
  readonly [promised]: { readonly token: Token; readonly input: Input }
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const randomLength = 26
const idPattern = /^[a-z][a-z0-9_]{0,62}_[0-9a-hjkmnp-tv-z]{26}$/
const typePattern = /^[a-z][a-z0-9_]{0,62}$/
const tenantPattern = /^[^\p{Cc}]{1,200}$/u

/** A new, unguessable id for a credential of `type`. */
export function newCredentialId(type: string): CredentialId {
  return `${type}_${randomText()}` as CredentialId
}

/** 128 random bits as 26 characters of Crockford base 32. */
export function randomText(): string {
  let value = BigInt(`0x${randomBytes(16).toString('hex')}`)
  let text = ''
  for (let i = 0; i < randomLength; i++) {
    text = alphabet[Number(value & 31n)] + text
    value >>= 5n
  }
  return text
}

/**
 * Checks the syntax of an id that comes from outside.
 * @throws CredentialError INPUT_INVALID
 */
export function parseCredentialId(text: string): CredentialId {
  if (typeof text !== 'string' || !idPattern.test(text)) {
    throw new CredentialError(
      'INPUT_INVALID',
      `This is not a credential id${isPromise(text) ? ', but a promise: await it' : '; pass one that createCredential returned'}`,
    )
  }
  return text as CredentialId
}

function isPromise(value: unknown): boolean {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}

/** The credential type named by an id. */
export function typeOfId(id: string): string {
  return id.slice(0, -(randomLength + 1))
}

/** @throws CredentialError CONFIG_INVALID */
export function assertTypeName(type: string): void {
  if (!typePattern.test(type)) {
    throw new CredentialError(
      'CONFIG_INVALID',
      `Credential type "${type}" must be lower case letters, digits and underscores, starting with a letter`,
    )
  }
}

/** @throws CredentialError INPUT_INVALID */
export function assertTenantId(tenantId: unknown): asserts tenantId is string {
  // Lone surrogates would all become one character in UTF-8, and two tenants one.
  if (typeof tenantId !== 'string' || !tenantPattern.test(tenantId) || !tenantId.isWellFormed()) {
    throw new CredentialError(
      'INPUT_INVALID',
      'A tenant id must be 1 to 200 characters without control characters',
    )
  }
}

/**
 * One key for (tenant, id), injective: the tenant's length comes first, so that no two pairs share a key.
 * Every cache, lock and flight is keyed by it.
 */
export function credentialKey(tenantId: string, id: string): string {
  return `${tenantId.length}:${tenantId}:${id}`
}

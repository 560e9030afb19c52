import { type Account, ProviderFailure } from '@nebula-credential/core'
import { decodeJwt } from 'jose'
import { accountOfClaims } from '../flow/account.ts'
import type { JsonObject } from '../token-endpoint/json-object.ts'

/** The object at a path within an answer; empty where there is none. */
export function objectAt(body: JsonObject, ...path: readonly string[]): JsonObject {
  let value: unknown = body
  for (const name of path) value = isObject(value) ? value[name] : undefined
  return isObject(value) ? value : {}
}

/** Those of the fields that hold a text or a number, as texts. */
export function textsOf(body: JsonObject, ...names: readonly string[]): Record<string, string> {
  const told = names
    .map(name => [name, body[name]] as const)
    .filter(([, value]) => (typeof value === 'string' && value !== '') || typeof value === 'number')
  return Object.fromEntries(told.map(([name, value]) => [name, String(value)]))
}

/** The answer with a scope whose words stand between commas in the words of RFC 6749 section 3.3. */
export function withSpacedScope(body: JsonObject): JsonObject {
  const { scope } = body
  return typeof scope === 'string' ? { ...body, scope: scope.replaceAll(',', ' ') } : body
}

/** Whose account the ID token of a token response is about: as trustworthy as the response that brought it. */
export function accountOfIdToken({ id_token: idToken }: JsonObject): Account | undefined {
  if (typeof idToken !== 'string') return undefined
  try {
    return accountOfClaims(decodeJwt(idToken))
  } catch {
    return undefined
  }
}

/** An answer whose provider says by a field, with HTTP 200, that all is well. @throws ProviderFailure terminal */
export function whenOk(body: JsonObject): JsonObject {
  if (body.ok === true) return body
  throw new ProviderFailure('terminal', 'the provider says that the token is not active')
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null
}
